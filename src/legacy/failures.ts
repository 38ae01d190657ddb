/** How a failed query is read: what passes by itself, and what stays until somebody changes something. */
import { AppError } from '../errors.ts'
import type { Driver } from './driver.ts'

const NETWORK = /^(?:ECONN\w+|EPIPE|ETIMEDOUT|EHOST\w+|ENET\w+|EAI_AGAIN)$/

export const codeOf = (err: unknown): string => {
  const { code, errno } = err as { code?: unknown; errno?: unknown }
  return String(code ?? errno)
}

export const sentenceOf = (err: unknown): string =>
  err instanceof Error ? err.message : String(err)

/** Whether the same query may succeed a moment later. */
export const isTransient = (err: unknown, { passing }: Pick<Driver, 'passing'>): boolean => {
  if (err instanceof AppError) return err.code === 'legacy_unavailable'
  const code = codeOf(err)
  return NETWORK.test(code) || passing.test(code) || passing.test(sentenceOf(err))
}
