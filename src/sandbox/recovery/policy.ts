/** What the password policy says of reset links and of wrong passwords. */

/** Of Identity Engine, by Okta's support; the API's description has 10,080. */
const USUAL_LINK_MINUTES = 60
const USUAL_ATTEMPTS = 10

export interface PasswordPolicy {
  linkMinutes: number
  /** 0: nobody is locked out. */
  maxAttempts: number
}

export const createPasswordPolicy = (): PasswordPolicy => ({
  linkMinutes: USUAL_LINK_MINUTES,
  maxAttempts: USUAL_ATTEMPTS,
})
