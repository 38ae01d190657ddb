/** The end of a connection whose server sent bytes that the driver cannot read. */

export const UNREADABLE = 'UNREADABLE'

/** The cause may quote what was sent, so it is not part of the message. */
export const unreadable = (cause: unknown): Error =>
  Object.assign(new Error('the server sent bytes that its driver cannot read', { cause }), {
    code: UNREADABLE,
  })
