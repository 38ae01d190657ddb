/** The legacy store over one kind of legacy login: its limits, its check, and whether it can be asked now. */
import { randomBytes } from 'node:crypto'
import { within, type Clock } from '../clock.ts'
import { AppError, refusal } from '../errors/errors.ts'
import { createAnswerTimes } from './answer-times.ts'
import type { LoginKind, LoginQuestion, LoginResult, LoginStoreOptions } from './login.ts'
import { StoreCheck } from './store-check.ts'
import type { Finding, StoreState, VerifyingStore } from './store.ts'

/**
 * A match starts another check where the last one is so old. Four an hour are few for a system that limits the wrong
 * passwords of one address: Auth0 allows 100 a day.
 */
const CHECK_EVERY_MS = 15 * 60_000

/** So many answers in a row without a match are no accident: where most people type the right password, one in 10^20. */
const DOUBTFUL = 50

const CHECKED: Finding = {
  topic: 'accounts',
  level: 'ok',
  text: 'The legacy login lets nobody in by a made-up login and a random password.',
}

const LETS_ANYBODY_IN =
  '  LEGACY_LOGIN_URL: a made-up login with a random password was answered as a match. Anybody could sign in.'

/** Nobody's: `.invalid` is reserved (RFC 2606, section 2). */
const madeUpLogin = () => {
  const login = `okta-migrate-check-${randomBytes(9).toString('hex')}@example.invalid`
  return { login, username: login, password: randomBytes(24).toString('base64url') }
}

const late = (): AppError =>
  new AppError('legacy_unavailable', { detail: 'the legacy login gave no answer in time' })

const isUnusable = (err: unknown): err is AppError =>
  err instanceof AppError && err.code === 'legacy_unusable'

const unavailable = (cause: unknown): AppError => {
  if (!(cause instanceof AppError)) return new AppError('legacy_unavailable', { cause })
  if (cause.code !== 'legacy_unusable') return cause
  return new AppError('legacy_unavailable', { detail: cause.detail?.trim() ?? '', cause })
}

const throwUnavailable = (cause: unknown): never => {
  throw unavailable(cause)
}

class LoginStore implements VerifyingStore {
  readonly check: StoreCheck<VerifyingStore, Finding>
  readonly #kind: LoginKind
  readonly #options: LoginStoreOptions
  readonly #clock: Clock
  readonly #times: ReturnType<typeof createAnswerTimes>
  readonly #tooMany: AppError
  #underWay = 0
  #checkedAt = -Infinity
  #withoutMatch = 0

  constructor(kind: LoginKind, options: LoginStoreOptions) {
    this.#kind = kind
    this.#options = options
    this.#clock = options.clock
    this.#times = createAnswerTimes(options.clock)
    const detail = `${options.maxAtOnce} questions to the legacy login are under way: see LEGACY_LOGIN_POOL`
    this.#tooMany = new AppError('legacy_unavailable', { detail })
    this.check = new StoreCheck<VerifyingStore, Finding>({
      ...{ store: this, clock: options.clock, onCheck: options.onCheck },
      run: () => this.#tryMadeUpLogin(),
      toError: (err) => (isUnusable(err) ? err : unavailable(err)),
    })
  }

  get state(): StoreState {
    return this.check.state
  }

  get findings(): readonly Finding[] {
    return this.check.passed ? [this.check.passed] : []
  }

  async verify(
    login: string,
    username: string,
    password: string,
    deadline: number,
    signal: AbortSignal,
  ): Promise<LoginResult> {
    await this.#untilChecked(deadline)
    const startedAt = this.#clock.now()
    const question = { login, username, password }
    const result = await this.#ask(question, deadline, signal).catch(throwUnavailable)
    this.#watch(result)
    if (result === 'match' || result === 'mismatch') this.#times.record(startedAt)
    else await this.#times.waitForMedian(startedAt, deadline, signal)
    return result
  }

  async ping(): Promise<void> {
    await this.#untilChecked(Infinity)
    const ping = this.#run(Infinity, undefined, (_, signal) => this.#kind.ping(signal))
    await ping.catch(throwUnavailable)
  }

  close(): Promise<void> {
    return this.#kind.close()
  }

  #ask(
    question: Omit<LoginQuestion, 'deadline'>,
    deadline: number,
    signal?: AbortSignal,
  ): Promise<LoginResult> {
    return this.#run(deadline, signal, (until, ends) =>
      this.#kind.ask({ ...question, deadline: until }, ends),
    )
  }

  /** Has a place until the work has ended, even where it is no longer waited for. */
  async #run<T>(
    deadline: number,
    callers: AbortSignal | undefined,
    work: (until: number, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    if (callers?.aborted) throw refusal('caller_gone')
    if (this.#underWay >= this.#options.maxAtOnce) throw this.#tooMany
    const now = this.#clock.now()
    const until = Math.min(deadline, now + this.#options.loginMs)
    const ending = new AbortController()
    const leave = (): void => ending.abort(refusal('caller_gone'))
    const cancel = this.#clock.after(until - now, () => ending.abort(late()))
    callers?.addEventListener('abort', leave, { once: true })
    const ended = new Promise<never>((_, reject) => {
      ending.signal.addEventListener('abort', () => reject(ending.signal.reason as Error))
    })
    this.#underWay++
    const working = work(until, ending.signal).finally(() => {
      this.#underWay--
      cancel()
      callers?.removeEventListener('abort', leave)
    })
    try {
      return await Promise.race([working, ended])
    } catch (err) {
      throw ending.signal.aborted ? (ending.signal.reason as Error) : err
    }
  }

  /** @throws AppError `legacy_unavailable` where the check has not passed by then */
  async #untilChecked(deadline: number): Promise<void> {
    if (this.check.passed) return
    const until = Math.min(deadline, this.#clock.now() + this.#options.loginMs)
    await within(this.#clock, until, this.check.run(), late).catch(throwUnavailable)
  }

  /** A system can change after its check: to say yes to anybody, or no to all. */
  #watch(result: LoginResult): void {
    if (result !== 'match') {
      if (++this.#withoutMatch === DOUBTFUL) this.#options.onDoubt?.(DOUBTFUL)
      return
    }
    this.#withoutMatch = 0
    if (this.#clock.now() < this.#checkedAt + CHECK_EVERY_MS) return
    this.#tryMadeUpLogin().catch((err: unknown) => {
      // An outage is told to those who ask next.
      if (isUnusable(err)) this.check.refuse(err)
    })
  }

  async #tryMadeUpLogin(): Promise<Finding> {
    this.#checkedAt = this.#clock.now()
    const result = await this.#ask(madeUpLogin(), Infinity)
    if (result === 'match') throw new AppError('legacy_unusable', { detail: LETS_ANYBODY_IN })
    return CHECKED
  }
}

/**
 * Opens the store and checks that the legacy login does not let anybody in. One that cannot be reached now is
 * opened all the same: it is checked when it is first needed, and until it has passed no password is tried.
 * @throws AppError `legacy_unusable`
 */
export const openLoginStore = async (
  kind: LoginKind,
  options: LoginStoreOptions,
): Promise<VerifyingStore> => {
  const store = new LoginStore(kind, options)
  await store.check.start()
  return store
}
