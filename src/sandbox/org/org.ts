/** Creates the parts of one sandbox, which its routes share. */
import { systemClock, type Clock } from '../../clock.ts'
import { createDpopChecker } from '../dpop.ts'
import { createFaults, type FaultSettings } from '../http/faults.ts'
import { createRandom } from '../random.ts'
import { createLockout } from '../recovery/lockout.ts'
import { createRecoveryLinks } from '../recovery/links.ts'
import { createPasswordPolicy } from '../recovery/policy.ts'
import { createSimulatedClock } from '../simulated-clock.ts'
import { createSwitches, type Switches } from '../switches.ts'
import { adminOf } from './admin.ts'
import { createOrgGroups, type GroupSettings } from './groups.ts'
import { createEventHookStore } from '../event-hooks/hooks.ts'
import { createHookStore } from './hooks.ts'
import { createSystemLog } from '../log/system-log.ts'
import { createTokens, type IssuedToken } from './tokens.ts'
import { createUserTypes, type UserTypesSettings } from './user-types.ts'
import { createUserStore, nameOf } from './users.ts'

export interface OrgOptions extends UserTypesSettings {
  readonly clock?: Clock
  /** The date and time at the start, in milliseconds since 1970. */
  readonly startedAt?: number
  /** With the same seed, the same calls get the same faults. */
  readonly seed?: number
  readonly tokens?: readonly IssuedToken[]
  readonly faults?: FaultSettings
  /** How the org answers what Okta does not document. */
  readonly switches?: Partial<Switches>
  /** In addition to Everyone. */
  readonly groups?: readonly GroupSettings[]
  /** Each e-mail address can have one user only, as in orgs with self-service registration. */
  readonly uniqueEmail?: boolean
}

export const createOrg = (options: OrgOptions) => {
  const { clock = systemClock, startedAt = Date.now(), seed = 1 } = options
  const faults = createFaults(createRandom(seed), options.faults ?? {})
  const skewMs = (): number => faults.current.clockSkewMs
  const wallClock = createSimulatedClock({ clock, startedAt, skewMs })
  const dpop = createDpopChecker(() => wallClock.callersEpoch())
  const tokens = createTokens({ tokens: options.tokens ?? [], dpop, now: () => clock.now() })
  const users = createUserStore(options)
  const [hooks, eventHooks, log] = [
    createHookStore(),
    createEventHookStore(),
    createSystemLog({
      now: () => wallClock.epoch(),
      delayMs: faults.logDelayMs,
      nameOf(id) {
        const user = users.find(id)
        return user && nameOf(user)
      },
    }),
  ]
  const switches = createSwitches(options.switches ?? {})
  const policy = createPasswordPolicy()
  const links = createRecoveryLinks(() => wallClock.epoch())
  const lockout = createLockout(() => policy.maxAttempts)
  const groups = createOrgGroups(options.groups ?? [])
  const userTypes = createUserTypes(options)
  users.add(adminOf(userTypes.default), wallClock.iso())
  const recovery = { policy, links, lockout, switches }
  return {
    clock,
    wallClock,
    faults,
    dpop,
    tokens,
    users,
    userTypes,
    groups,
    hooks,
    eventHooks,
    log,
    ...recovery,
  }
}

export type Org = ReturnType<typeof createOrg>
