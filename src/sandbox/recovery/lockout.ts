/** Counts wrong passwords in a row, and locks users out after as many as the password policy allows. */
import type { User } from '../org/users.ts'

export const createLockout = (maxAttempts: () => number) => {
  const failures = new Map<User, number>()
  return {
    /** @returns whether this failure locks the user out; a limit of 0 locks nobody out */
    failed(user: User): boolean {
      const count = (failures.get(user) ?? 0) + 1
      failures.set(user, count)
      return maxAttempts() > 0 && count >= maxAttempts()
    },
    clear: (user: User): void => void failures.delete(user),
  }
}
