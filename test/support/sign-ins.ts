/** Sign-ins at replicas behind a load balancer, and the rows that the ledger must have afterwards. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Kept } from './ledger-sql.ts'

export type Outcome = 'VERIFIED' | 'UNVERIFIED'

export interface SignIn {
  readonly username: string
  readonly password: string
  /** The right answer. */
  readonly outcome: Outcome
}

export interface Reply {
  readonly eventId: string
  /** The replica that got the call. */
  readonly replica: number
  /** 0 where the connection was refused or dropped. */
  readonly status: number
  readonly outcome: Outcome | undefined
  readonly ms: number
}

export interface SignInsOptions {
  readonly secret: string
  /** The address of the hook at each replica; changed later where one moves. */
  readonly urls: readonly string[]
  readonly signIn: (n: number) => SignIn
}

/** The pause between calls that fail at once, so that an outage causes no flood. */
const PAUSE_MS = 20

const OUTCOME = /"credential":"(\w+)"/

export class SignIns {
  readonly #secret: string
  readonly #signInAt: (n: number) => SignIn
  /** Calls at each replica that were not answered yet. */
  readonly underWay: number[]
  readonly urls: string[]
  #next = 0
  #stopped = false
  #callers: Promise<void>[] = []
  /** The right answer of each event. */
  readonly right = new Map<string, Outcome>()
  readonly replies: Reply[] = []

  constructor(options: SignInsOptions) {
    this.#secret = options.secret
    this.#signInAt = options.signIn
    this.urls = [...options.urls]
    this.underWay = options.urls.map(() => 0)
  }

  /** Keeps so many sign-ins under way until `stop`. */
  start(callers: number): void {
    this.#stopped = false
    this.#callers = Array.from({ length: callers }, async () => {
      while (!this.#stopped) await this.#signIn(this.#next++)
    })
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#callers)
  }

  count(of: (reply: Reply) => boolean): number {
    return this.replies.filter(of).length
  }

  /** Events that were answered VERIFIED or UNVERIFIED. */
  get answered(): Set<string> {
    return new Set(this.replies.filter(({ status }) => status === 200).map((r) => r.eventId))
  }

  /** Replies that Okta must never get: wrong answers, and errors after which it would not retry. */
  get wrong(): Reply[] {
    return this.replies.filter(({ eventId, status, outcome }) =>
      status === 200 ? outcome !== this.right.get(eventId) : status !== 503 && status !== 0,
    )
  }

  /** Okta retries once after a 5xx or a dropped connection, and the balancer sends the retry elsewhere. */
  async #signIn(n: number): Promise<void> {
    const eventId = `event-${n}`
    const signIn = this.#signInAt(n)
    for (const replica of [n, n + 1].map((i) => i % this.urls.length)) {
      const { status } = await this.ask(replica, eventId, signIn)
      if (status === 200) return
      await sleep(PAUSE_MS)
    }
  }

  #count(replica: number, change: number): void {
    this.underWay[replica] = (this.underWay[replica] ?? 0) + change
  }

  /** Sends one call to one replica; the answer is counted with all others. */
  async ask(replica: number, eventId: string, { outcome, ...credential }: SignIn): Promise<Reply> {
    this.right.set(eventId, outcome)
    this.#count(replica, 1)
    const reply = await this.#send(replica, eventId, credential)
    this.#count(replica, -1)
    this.replies.push(reply)
    return reply
  }

  async #send(replica: number, eventId: string, credential: object): Promise<Reply> {
    const began = performance.now()
    const [status, text] = await fetch(this.urls[replica] ?? '', {
      method: 'POST',
      headers: { authorization: this.#secret, 'content-type': 'application/json' },
      body: JSON.stringify({
        eventId,
        eventType: 'com.okta.user.credential.password.import',
        data: { context: { credential } },
      }),
    })
      .then(async (response) => [response.status, await response.text()] as const)
      .catch(() => [0, ''] as const)
    const outcome = OUTCOME.exec(text)?.[1] as Outcome | undefined
    return { eventId, replica, status, outcome, ms: performance.now() - began }
  }

  /** Compares the ledger with the calls and their answers. */
  audit(ledger: readonly Kept[]) {
    const events = new Set(ledger.map(({ event }) => event))
    const times = new Map<string, number>()
    for (const { event, replica } of ledger) {
      const name = `${event} at ${replica}`
      times.set(name, (times.get(name) ?? 0) + 1)
    }
    return {
      lost: [...this.answered].filter((event) => !events.has(event)),
      /** Each replica that gets a call decides it once. */
      repeated: [...times].filter(([, n]) => n > 1).map(([name]) => name),
      /** Rows with a wrong answer, or for an event that never happened. */
      wrong: ledger.filter(({ event, outcome }) => outcome !== this.right.get(event)),
    }
  }
}
