/** People of the org with habits of their own, who sign in when the clock jumps over their next visit. */
import { randomBytes } from 'node:crypto'
import { PENDING } from '../org/credentials.ts'
import type { Org } from '../org/org.ts'
import { createRandom } from '../random.ts'
import type { SignIn } from '../sign-in.ts'
import { HABITS, type HabitsName } from './habits.ts'
import { DAY_MS } from '../../clock.ts'

const ADDRESS = '127.0.0.1'
const BROWSER = 'Mozilla/5.0 (simulated)'

export interface CrowdSettings {
  readonly count: number
  readonly habits: HabitsName
  readonly seed?: number
  /** Days after the start. An equal part of the people is imported on each, and one at the start. */
  readonly waves?: readonly number[]
  /** False if somebody else imports them. */
  readonly areUsers?: boolean
}

export interface SimulatedPerson {
  readonly login: string
  readonly password: string
  readonly firstName: string
  readonly lastName: string
  /** Milliseconds since 1970: the last time before the start. */
  readonly lastSeenAt: number
}

export interface Passage {
  readonly imported: number
  readonly signedIn: number
  readonly refused: number
}

const personAt = (index: number, lastSeenAt: number): SimulatedPerson => {
  const number = String(index + 1).padStart(4, '0')
  return {
    login: `person${number}@people.example`,
    password: `Float on ${number}!`,
    firstName: 'SimulatedPerson',
    lastName: `Number ${number}`,
    lastSeenAt,
  }
}

interface Member {
  readonly person: SimulatedPerson
  /** When the person comes next, after the visit before. */
  readonly next: () => number
  nextAt: number
  /** When the person is imported; undefined once it has happened. */
  importAt: number | undefined
}

/** Adds a person who still has the old password only, which the hook checks. */
const importPerson = ({ users, userTypes, wallClock }: Org, { person }: Member): void => {
  const { login, firstName, lastName } = person
  const profile = { login, email: login, firstName, lastName }
  const type = userTypes.default
  users.add(
    { status: 'ACTIVE', type, groupIds: [], profile, credentials: PENDING },
    wallClock.iso(),
  )
}

/** Until they are imported, people go to the legacy system, so that their visits are none here. */
const takeIn = (org: Org, member: Member, at: number): void => {
  importPerson(org, member)
  member.importAt = undefined
  while (member.nextAt < at) member.nextAt = member.next()
}

/** What happens first: a visit or an import. */
const nextOf = ({ importAt, nextAt }: Member): number => importAt ?? nextAt

const createMembers = (start: number, settings: CrowdSettings): Member[] => {
  const { count, habits, seed = 1, waves = [], areUsers = true } = settings
  const random = createRandom(seed)
  const days = [0, ...waves]
  return Array.from({ length: count }, (_, index) => {
    const { lastSeen, visits } = HABITS[habits](random)
    const person = personAt(index, Math.floor(start - lastSeen * DAY_MS))
    const next = (): number => start + (visits.next().value ?? Infinity) * DAY_MS
    const importAt = areUsers ? start + (days[index % days.length] ?? 0) * DAY_MS : undefined
    return { person, next, nextAt: next(), importAt }
  })
}

/** Adds the people to the org, all of them or those of the first wave. */
export const createCrowd = (org: Org, settings: CrowdSettings) => {
  const { wallClock } = org
  const start = wallClock.epoch()
  const members = createMembers(start, settings)
  for (const member of members) if (member.importAt === start) takeIn(org, member, start)
  return {
    people: members.map(({ person }) => person),
    /** Lets everybody whose visit or import comes until then sign in or be imported, one after the other, in time. */
    async passTo(target: number, signIn: SignIn, origin: string): Promise<Passage> {
      let [imported, signedIn, refused] = [0, 0, 0]
      for (;;) {
        const member = members.reduce((a, b) => (nextOf(b) < nextOf(a) ? b : a))
        const at = nextOf(member)
        if (at > target) return { imported, signedIn, refused }
        wallClock.jumpTo(at)
        if (member.importAt !== undefined) {
          takeIn(org, member, at)
          imported += 1
          continue
        }
        member.nextAt = member.next()
        const { login: username, password } = member.person
        const requestId = randomBytes(20).toString('base64url')
        const from = { ipAddress: ADDRESS, userAgent: BROWSER, origin }
        if (await signIn({ username, password, requestId, ...from })) signedIn += 1
        else refused += 1
      }
    },
  }
}

export type Crowd = ReturnType<typeof createCrowd>
