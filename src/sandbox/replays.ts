/** Owns the memory of what may be used only once, for as long as it could be used again. */

const MAX_REMEMBERED = 100_000

/** @returns a function that says whether an id is new; `now` and `until` on one scale */
export const createReplayGuard = () => {
  const seen = new Map<string, number>()
  return (id: string, now: number, until: number): boolean => {
    for (const [old, end] of seen) {
      if (end > now && seen.size < MAX_REMEMBERED) break
      seen.delete(old)
    }
    if (seen.has(id)) return false
    seen.set(id, until)
    return true
  }
}
