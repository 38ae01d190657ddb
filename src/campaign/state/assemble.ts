/** Puts the people together from what the legacy store, Okta, the ledger and the journals said. */
import { STATE_OF } from './states.ts'

/**
 * Of two accounts that are one login to Okta, the enabled one counts, and of those the first. The columns beside the
 * single max() are those of its row (SQLite, "Bare columns in an aggregate query").
 */
const ACCOUNTS = `
  SELECT login, typed, id, enabled, iif(count(*) > 1, 'ambiguous_login', blocked) AS blocked, last_seen, changed,
         profile, wave, verified, first, last, unverified, max(enabled * 1099511627776 - number)
    FROM temp.legacy GROUP BY login`

const OF_OKTA = `
         o.id AS okta_id, o.typed AS okta_login, o.status AS status, o.provider AS provider, o.created AS created,
         o.changed AS password_changed, o.seen AS okta_seen, o.attributes AS attributes`

const IS_NATIVE = 'EXISTS (SELECT 1 FROM temp.native n WHERE n.id = o.id) AS native'

const OF_THE_STORE = `
  SELECT l.login AS login, l.typed AS legacy_login, l.id AS legacy_id, l.enabled AS enabled, l.blocked AS blocked,
         l.last_seen AS last_seen, l.changed AS legacy_changed, l.profile AS profile, l.wave AS wave, ${OF_OKTA},
         l.verified AS verified, l.first AS first_verified, l.last AS last_verified, l.unverified AS unverified,
         ${IS_NATIVE}
    FROM (${ACCOUNTS}) l LEFT JOIN temp.okta o ON o.login = l.login`

const ONLY_IN_OKTA = `
  SELECT o.login AS login, NULL AS legacy_login, NULL AS legacy_id, NULL AS enabled, NULL AS blocked,
         NULL AS last_seen, NULL AS legacy_changed, NULL AS profile, NULL AS wave, ${OF_OKTA},
         0 AS verified, NULL AS first_verified, NULL AS last_verified, 0 AS unverified, ${IS_NATIVE}
    FROM temp.okta o WHERE NOT EXISTS (SELECT 1 FROM people p WHERE p.login = o.login)`

const insert = (people: string): string => `
  INSERT INTO people
  SELECT p.*, iif(state = 'moved', coalesce(m.at, first_verified, password_changed), NULL),
         iif(state = 'moved', iif(m.id IS NULL, 'provider', 'event'), NULL)
    FROM (SELECT *, ${STATE_OF} AS state FROM (${people})) p LEFT JOIN temp.moves m ON m.id = p.okta_id;`

/** Runs over the tables of `PARTS`, which have all rows then. */
export const ASSEMBLE = [OF_THE_STORE, ONLY_IN_OKTA].map(insert).join('\n')
