/** The one-time tokens in reset links: usable once, for a time, and only the newest of each user. */
import { randomBytes } from 'node:crypto'
import type { User } from '../org/users.ts'

interface Link {
  readonly user: User
  readonly endsAt: number
}

export const oneTimeToken = (): string => randomBytes(15).toString('base64url')

export const createRecoveryLinks = (now: () => number) => {
  const links = new Map<string, Link>()
  const tokens = new Map<User, string>()

  const cancel = (user: User): void => {
    links.delete(tokens.get(user) ?? '')
    tokens.delete(user)
  }

  return {
    /** A new token, which replaces the user's last one. */
    issue(user: User, endsAt: number): string {
      cancel(user)
      const token = oneTimeToken()
      links.set(token, { user, endsAt })
      tokens.set(user, token)
      return token
    },
    /** @returns undefined for a token that was used, replaced, or whose time is over */
    find(token: string): Link | undefined {
      const link = links.get(token)
      return link && link.endsAt > now() ? link : undefined
    },
    cancel,
  }
}
