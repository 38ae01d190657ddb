/** A ring buffer: it keeps the latest items, up to a number. */

export const createRing = <T>(capacity: number) => {
  const items: T[] = []
  let next = 0
  return {
    push(item: T): void {
      items[next] = item
      next = (next + 1) % capacity
    },
    /** Oldest first. */
    values: () =>
      items.length < capacity ? [...items] : [...items.slice(next), ...items.slice(0, next)],
  }
}
