/** Explains the forecast to those who must decide by it: method, assumptions, limits. */

export const RANGE_WORDS = 'a range of at least 26 % either way'

export const EXPLANATION = `How the forecast works

  The question. If the hook ends on day D, some people have not moved. Most of them never come back.
  Some come within 90 days, and their old password fails: these are the late comers.

  The clock is silence: the days since a person was last seen, before or after go-live. Somebody was
  last seen 40 days before go-live and has not come by day 20: that person has been silent for 60
  days, as were others on the first day who were last seen 60 days before it. So a few weeks of
  sign-ins teach the chance to return after any silence, up to years.

  The estimate. Silence is divided into bins: single days up to 14, then 60 bins, each 11 % longer.
  For each bin: the people who came on a day of such a silence, over the people who could have come.
  This is the product-limit estimator of Kaplan and Meier, with late entry (people who are
  imported later count from then on) and right censoring (people who have not come count until today).
  The chance to come within some days follows from the rates of these days. It is summed over
  everybody who has not moved.

  The last two weeks. All rates are multiplied by the people who came in the last 14 days, over
  those who were expected. A busy or a quiet season so goes on.

  The range. For n late comers it is 1.28 x sqrt(n + (k n)^2) to each side. k is how much the weeks
  differ from what was expected of them, and at least 0.20. So it is ${RANGE_WORDS}, meant to hold
  8 of 10 times. In simulation it held more often.

  Unknown last logins. These people are assumed to come as they came in the last 14 days: so many of
  them for each person whose last login is known.

What it assumes

  - last_login is the last time the person signed in, as the legacy system had it at go-live.
  - Who has been silent for equally long comes back equally often, whenever that is.
  - The next months are as the last two weeks. Nothing is foreseen: no mail, no holiday, no launch.
  - Mail days are named. The three days from each mail on are taken out, since its rush says
    nothing of other days. Name each mail, and forced sign-outs too.
  - People who cannot come (blocked, locked, not kept by Okta) stay "not moved" and are no late comers.

What it warns of

  - A week in which less than half or more than twice as many came as expected.
  - Three days in which more than twice as many came as expected of those silent for 60 days: a mail.
  Something changed then: name the mail days, or do not trust the forecast.

When it refuses

  - Fewer than 14 days since go-live, mail days taken out.
  - Fewer than 500 people with a known last login have moved.
  - The last login of more than a third is unknown.
  - 2 % or more of the people have their last login on one day, and they come back less than half as
    often as people last seen on other days. A batch job probably wrote these dates. A job that took
    more than two days, or that touched fewer people a day, is not noticed.
  - Fewer than 100 late comers are expected: too few for a range.
  - The cut-off and 90 days more need silences that were not observed: the last logins do not go
    back far enough, or have a gap.

How good it is

  In simulated populations with steady habits the late comers were at worst about 15 % off, and
  20 to 37 % where habits changed with seasons, mails and long sessions (120,000 people). With
  10,000 people it was up to 31 % and 54 %. bench/results/forecast.md has all figures. These are
  simulations, not your people: the backtest shows how good it would have been for yours.
`
