/** People of the org with habits of their own, who sign in when the clock jumps over their next visit. */
import { randomBytes } from 'node:crypto'
import { PENDING } from '../org/credentials.ts'
import type { Org } from '../org/org.ts'
import { createRandom } from '../random.ts'
import type { SignIn } from '../sign-in.ts'
import { HABITS, type HabitsName } from './habits.ts'

const DAY_MS = 86_400_000

export interface CrowdSettings {
  readonly count: number
  readonly habits: HabitsName
  readonly seed?: number
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

/** Adds the people to the org. Each of them still has the old password only, which the hook checks. */
export const createCrowd = (org: Org, { count, habits, seed = 1 }: CrowdSettings) => {
  const { users, userTypes, wallClock } = org
  const random = createRandom(seed)
  const start = wallClock.epoch()
  const members = Array.from({ length: count }, (_, index) => {
    const { lastSeen, visits } = HABITS[habits](random)
    const person = personAt(index, Math.floor(start - lastSeen * DAY_MS))
    const next = (): number => start + (visits.next().value ?? Infinity) * DAY_MS
    return { person, next, nextAt: next() }
  })
  for (const { person } of members) {
    const { login, firstName, lastName } = person
    const profile = { login, email: login, firstName, lastName }
    const type = userTypes.default
    users.add(
      { status: 'ACTIVE', type, groupIds: [], profile, credentials: PENDING },
      wallClock.iso(),
    )
  }
  return {
    people: members.map(({ person }) => person),
    /** Lets everybody whose visit comes until then sign in, one after the other, each at the time of the visit. */
    async passTo(target: number, signIn: SignIn, origin: string): Promise<Passage> {
      let [signedIn, refused] = [0, 0]
      for (;;) {
        const member = members.reduce((a, b) => (b.nextAt < a.nextAt ? b : a))
        if (member.nextAt > target) return { signedIn, refused }
        wallClock.jumpTo(member.nextAt)
        member.nextAt = member.next()
        const { login: username, password } = member.person
        const requestId = randomBytes(20).toString('base64url')
        const attempt = { username, password, requestId, ipAddress: '127.0.0.1', origin }
        if (await signIn(attempt)) signedIn += 1
        else refused += 1
      }
    },
  }
}

export type Crowd = ReturnType<typeof createCrowd>
