/** A ring buffer: it keeps the latest items, up to a number. */

export interface Ring<T> {
  push(item: T): void
  /** Oldest first. */
  values(): T[]
}

export const createRing = <T>(capacity: number): Ring<T> => {
  const items: T[] = []
  let next = 0
  return {
    push(item) {
      items[next] = item
      next = (next + 1) % capacity
    },
    values: () =>
      items.length < capacity ? [...items] : [...items.slice(next), ...items.slice(0, next)],
  }
}
