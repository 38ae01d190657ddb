/** Owns questions that an org's admin may not have granted, and that a command can do without. */
import { AppError } from '../../errors/errors.ts'

/** Okta did not let these credentials ask: a scope is missing, or a right of the admin. */
export class NotGranted {
  /** What Okta said, for a warning. */
  readonly why: string

  constructor(why: string) {
    this.why = why
  }
}

/** @returns what was asked for, or `NotGranted`; other failures are thrown as they are */
export const ifGranted = async <T>(ask: () => Promise<T>): Promise<T | NotGranted> => {
  try {
    return await ask()
  } catch (err) {
    const isRefused = err instanceof AppError && err.code === 'okta_forbidden'
    if (isRefused) return new NotGranted(err.detail ?? err.message)
    throw err
  }
}
