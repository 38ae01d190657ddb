/** Deletes what the ledger has of one person, under every name, and of nobody else. */
import type { Expression, ExpressionBuilder, Kysely, SqlBool } from 'kysely'
import { DELETE_BATCH, deleteAccounts, deleteDecisions } from './forget.ts'
import { OUTCOMES, type LedgerTables } from './tables.ts'

type Db = Kysely<LedgerTables>

export interface ErasureNames {
  /** Names of the person. */
  readonly persons: readonly string[]
  /** Names of logins that are known to be the person's. Others are found by the decisions about the person. */
  readonly accounts: readonly string[]
  /** Reasons of decisions that do not say whose a login is. */
  readonly unlinked: readonly string[]
  /** ISO 8601, UTC: what servers may still count stays from here on. */
  readonly since: string
}

export interface Erased {
  /** Decisions that are gone; in a trial those that would be. */
  readonly rows: number
  /** Those about the person that stay, since servers may still count them. */
  readonly kept: number
  /** Those that stay since another person has used the same login, and nothing says whose they are. */
  readonly shared: number
  /** Under how many logins the person was found. */
  readonly logins: number
  /** The names of the first of them. */
  readonly accounts: readonly string[]
}

type Builder = ExpressionBuilder<LedgerTables, 'ledger_decisions'>

const isUnlinked = (eb: Builder, { unlinked }: ErasureNames) =>
  eb.or([eb('person', 'is', null), eb('reason', 'in', unlinked)])

const isNotOf = (eb: Builder, { persons }: ErasureNames) =>
  eb.or([eb('person', 'is', null), eb('person', 'not in', persons)])

const isOthers = (eb: Builder, names: ErasureNames) =>
  eb.and([eb.not(isUnlinked(eb, names)), isNotOf(eb, names)])

/** Which rows of a login are the person's. */
const openAccount = async (db: Db, account: string, names: ErasureNames) => {
  const { persons, since } = names
  const rows = db.selectFrom('ledger_decisions').where('account', '=', account)
  const count = async (which: (eb: Builder) => Expression<SqlBool>): Promise<number> => {
    const selected = rows.where(which).select((eb) => eb.fn.countAll().as('n'))
    return Number((await selected.executeTakeFirst())?.n ?? 0)
  }
  const isShared = (await count((eb) => isOthers(eb, names))) > 0
  const isUnclear = (eb: Builder) => eb.and([isUnlinked(eb, names), isNotOf(eb, names)])
  const isOwn = (eb: Builder) =>
    eb.or([eb('person', 'in', persons), ...(isShared ? [] : [isUnlinked(eb, names)])])
  const isKept = (eb: Builder) =>
    eb.and([isOwn(eb), eb('outcome', '!=', 'VERIFIED'), eb('decided_at', '>=', since)])
  const link = rows.where('person', 'in', persons).select(['id', 'outcome', 'decided_at'])
  return {
    own: rows.where(isOwn),
    all: await count(isOwn),
    kept: await count(isKept),
    shared: isShared ? await count(isUnclear) : 0,
    /** The newest row that says whose the login is. */
    link: await link.orderBy('id', 'desc').limit(1).executeTakeFirst(),
  }
}

type Opened = Awaited<ReturnType<typeof openAccount>>

/** The link goes last: without it, a run after one that was interrupted would not find the others. */
const deleteOwn = async (db: Db, { own, link }: Opened, since: string): Promise<void> => {
  for (const outcome of OUTCOMES) {
    // As the index has them, so that what stays is not read for each batch.
    const all = own.where('outcome', '=', outcome).where('id', '!=', link?.id ?? 0)
    const old = outcome === 'VERIFIED' ? all : all.where('decided_at', '<', since)
    const batch = old.select('id').orderBy('decided_at').limit(DELETE_BATCH)
    while ((await deleteDecisions(db, await batch.execute())) > 0) continue
  }
}

const deleteIfUnused = async (db: Db, account: string): Promise<void> => {
  const rows = db.selectFrom('ledger_decisions').select('id').where('account', '=', account)
  if (!(await rows.limit(1).executeTakeFirst())) await deleteAccounts(db, [account])
}

/** @param isHeld whether the link stays, though no other row does */
const eraseAccount = async (
  db: Db,
  account: string,
  names: ErasureNames,
  { isTrial, isHeld }: { isTrial: boolean; isHeld: boolean },
): Promise<Pick<Erased, 'rows' | 'kept' | 'shared'>> => {
  const opened = await openAccount(db, account, names)
  const { all, shared, link } = opened
  const isLinkKept = link && link.outcome !== 'VERIFIED' && link.decided_at >= names.since
  const isLinkHeld = link && !isLinkKept && (isHeld || opened.kept > 0)
  const kept = opened.kept + (isLinkHeld ? 1 : 0)
  if (!isTrial) {
    await deleteOwn(db, opened, names.since)
    if (link && !isLinkKept && !isLinkHeld) await deleteDecisions(db, [link])
    await deleteIfUnused(db, account)
  }
  return { rows: all - kept, kept, shared }
}

/** The logins under which the person was found, each once. Those that are known come last, since they lead to the others. */
async function* accountsOf(db: Db, { persons, accounts }: ErasureNames): AsyncGenerator<string> {
  let from = ''
  for (;;) {
    const page = await db
      .selectFrom('ledger_decisions')
      .select('account')
      .distinct()
      .where('person', 'in', persons)
      .where('account', '>', from)
      .orderBy('account')
      .limit(DELETE_BATCH)
      .execute()
    for (const { account } of page) if (!accounts.includes(account)) yield account
    from = page.at(-1)?.account ?? from
    if (page.length < DELETE_BATCH) break
  }
  yield* accounts
}

/** More spellings than a person types, and more people than one login can have had. */
const MANY = 100

/**
 * Can be run again after it was interrupted.
 * @param isTrial whether it only counts
 */
export const erasePerson = async (
  db: Db,
  names: ErasureNames,
  isTrial: boolean,
): Promise<Erased> => {
  const sum = { rows: 0, kept: 0, shared: 0, logins: 0 }
  const found: string[] = []
  for await (const account of accountsOf(db, names)) {
    // What was kept is found again by these logins, if the legacy store does not say whose they are.
    const isHeld = sum.kept > 0 && names.accounts.includes(account)
    const { rows, kept, shared } = await eraseAccount(db, account, names, { isTrial, isHeld })
    sum.rows += rows
    sum.kept += kept
    sum.shared += shared
    if (rows + kept === 0) continue
    sum.logins++
    if (found.length < MANY) found.push(account)
  }
  return { ...sum, accounts: found }
}

/** Whose these logins are, by the decisions that found an account. */
export const personsOf = async (
  db: Db,
  accounts: readonly string[],
  unlinked: readonly string[],
): Promise<string[]> => {
  const rows = await db
    .selectFrom('ledger_decisions')
    .select('person')
    .distinct()
    .where('account', 'in', accounts)
    .where('reason', 'not in', unlinked)
    .where('person', 'is not', null)
    .limit(MANY)
    .execute()
  return rows.flatMap(({ person }) => person ?? [])
}
