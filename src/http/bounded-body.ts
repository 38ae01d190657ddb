/** Reads a response body up to a size limit. */

/** @returns undefined where the body is longer than `maxBytes` */
export const readBounded = async (
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<string | undefined> => {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    // Leaving the loop cancels the rest.
    if (size > maxBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
