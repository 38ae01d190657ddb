/** A report of a status for the page, as `status --json` prints it. */

const DAY_MS = 86_400_000

const dateAfter = (start: string, days: number): string =>
  new Date(Date.parse(start) + days * DAY_MS).toISOString().slice(0, 10)

export const GO_LIVE = '2026-10-05'

/** Fifty-three days after go-live. */
export const pageReport = {
  schema: 'okta-migrate/status@1',
  org: 'https://acme.okta.com',
  at: '2026-11-27T16:02:00.000Z',
  goLive: GO_LIVE,
  day: 53,
  moved: 51_164,
  notMoved: {
    people: 68_836,
    silent: 66_912,
    tried: 1_871,
    verified: 12,
    again: 4,
    blocked: 37,
    locked: 0,
  },
  perDay: Array.from(
    { length: 54 },
    (_, day) => [dateAfter(GO_LIVE, day), day === 53 ? 158 : 962] as const,
  ),
  bySilence: [
    { days: 30, people: 47_260, moved: 42_902 },
    { days: 90, people: 11_442, moved: 6_217 },
    { days: 365, people: 15_601, moved: 1_852 },
    { people: 45_697, moved: 193 },
  ],
  lateDays: 90,
  forecast: [
    { date: '2026-12-24', notMoved: 65_934, late: 3_494, low: 2_597, high: 4_391 },
    { date: '2027-01-29', notMoved: 63_962, late: 2_131, low: 1_583, high: 2_679 },
  ],
  course: Array.from({ length: 18 }, (_, week) => {
    const people = 400 * (week + 1)
    return [dateAfter('2026-11-27', 7 * (week + 1)), people, people - 80 * week, people + 80 * week]
  }),
  waves: {
    column: 'wave',
    shown: [
      { name: 'Berlin & Köln', people: 60_000, moved: 30_000, notMoved: 30_000 },
      { name: '<script>alert(1)</script>', people: 50_000, moved: 20_000, notMoved: 30_000 },
      { people: 9_000, moved: 1_000, notMoved: 8_000 },
    ],
    others: { waves: 7, people: 1_000, moved: 164, notMoved: 836 },
  },
}
