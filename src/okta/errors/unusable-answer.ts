/** Checks answers of Okta against a schema, and refuses those that do not fit. */
import type * as z from 'zod'
import { AppError } from '../../errors/errors.ts'

export const unusableAnswer = (detail: string): AppError =>
  new AppError('okta_answer_unusable', { detail })

/**
 * @param what the answer should be, for the error
 * @throws AppError `okta_answer_unusable`
 */
export const readAs = <T extends z.ZodType>(
  schema: T,
  value: unknown,
  what: string,
): z.output<T> => {
  const { success, data } = schema.safeParse(value)
  if (success) return data
  throw unusableAnswer(`the answer is not ${what}`)
}
