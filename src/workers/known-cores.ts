/** What the threads of a pool can compute, and what not all of them can. */
import type { MissingCore } from '../passwords/engine.ts'
import type { CoreInfo, CoresMade } from './protocol.ts'

type OnCore = (core: CoreInfo | MissingCore) => void

export class KnownCores {
  readonly #onCore: OnCore
  /** By what they compute; if threads differ, the slower one. */
  readonly #cores = new Map<string, CoreInfo>()
  /** What not every thread can compute, and why. */
  readonly #missing = new Map<string, MissingCore>()

  constructor(onCore: OnCore = () => undefined) {
    this.#onCore = onCore
  }

  get cores(): readonly CoreInfo[] {
    return [...this.#cores.values()]
  }

  get missing(): readonly MissingCore[] {
    return [...this.#missing.values()]
  }

  /** Whether a thread has told about it, or about its lack. */
  has(name: string): boolean {
    return this.#cores.has(name) || this.#missing.has(name)
  }

  isMissing(name: string): boolean {
    return this.#missing.has(name)
  }

  add({ cores, missing = [] }: CoresMade): void {
    for (const core of cores) {
      const known = this.#cores.get(core.computes)
      const isSlower = core.fallback !== undefined && known?.fallback === undefined
      if (!known || isSlower) this.#put(this.#cores, core)
    }
    for (const core of missing) if (!this.isMissing(core.computes)) this.#put(this.#missing, core)
  }

  #put<C extends CoreInfo | MissingCore>(table: Map<string, C>, core: C): void {
    table.set(core.computes, core)
    this.#onCore(core)
  }
}
