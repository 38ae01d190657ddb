/** Those who wait until something is so: each looks again after every event. */
export class Waiters {
  readonly #waiters = new Set<() => void>()

  get size(): number {
    return this.#waiters.size
  }

  async until(done: () => boolean): Promise<void> {
    while (!done()) await new Promise<void>((resolve) => this.#waiters.add(resolve))
  }

  wake(): void {
    for (const resolve of this.#waiters) resolve()
    this.#waiters.clear()
  }
}
