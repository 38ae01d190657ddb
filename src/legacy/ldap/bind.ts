/** Binds on a connection of its own, as a person or as the account that searches. */
import { BindRequest, PasswordPolicyControl } from 'ldapts'
import type { DirectoryConnection } from './connection.ts'
import type { DirectoryResult } from './responses.ts'

/**
 * Whether a directory could take this password for an empty one, and a bind without a password succeeds with any
 * name (RFC 4513, section 5.1.2). Servers that keep text up to its first NUL exist.
 */
export const mayCountAsEmpty = (password: string): boolean =>
  password === '' || password.includes('\0')

/** @param dn never empty @param password see `mayCountAsEmpty` */
export const bindAs = async (
  connection: DirectoryConnection,
  dn: string,
  password: string,
): Promise<DirectoryResult> => {
  if (dn.trim() === '' || mayCountAsEmpty(password)) throw new TypeError('an anonymous bind')
  await connection.opened
  const { result } = await connection.ask(
    'bind',
    (messageId) =>
      // The control asks for the reason of a refusal, and directories that do not know it ignore it.
      new BindRequest({ messageId, dn, password, controls: [new PasswordPolicyControl()] }),
  )
  return result
}
