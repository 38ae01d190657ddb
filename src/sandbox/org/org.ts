/** The parts of one sandbox, which its routes share. */
import type { Clock } from '../../clock.ts'
import type { FaultInjector } from '../http/faults.ts'
import type { OrgGroups } from './groups.ts'
import type { HookStore } from './hooks.ts'
import type { SystemLog } from './system-log.ts'
import type { Tokens } from './tokens.ts'
import type { UserTypes } from './user-types.ts'
import type { UserStore } from './users.ts'
import type { SimulatedClock } from '../simulated-clock.ts'

export interface Org {
  readonly clock: Clock
  readonly wallClock: SimulatedClock
  readonly faults: FaultInjector
  readonly users: UserStore
  readonly hooks: HookStore
  readonly log: SystemLog
  readonly tokens: Tokens
  readonly groups: OrgGroups
  readonly userTypes: UserTypes
}
