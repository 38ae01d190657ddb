/** Serves the page about the campaign, which is made from the ledger's counts at most once a minute. */
import { Hono } from 'hono'
import type { Clock } from '../clock.ts'
import type { LedgerCounts } from '../ledger/counts.ts'
import { guardPage, type PageAccess } from './access.ts'
import { renderPage } from './page.ts'
import { readPageReport } from './report.ts'
import { PAGE_HEADERS } from './style.ts'

export const PAGE_PATH = '/campaign'

export interface PageDeps {
  readonly clock: Clock
  readonly access: PageAccess
  /** Undefined where the server keeps no ledger. Rejects where the ledger cannot be read. */
  readonly readCounts: (() => Promise<LedgerCounts>) | undefined
}

const CACHED_MS = 60_000

const NO_LEDGER = 'This server keeps no ledger (LEDGER_DB_URL), where the counts would be.'
const UNREADABLE = 'The ledger cannot be read now: these counts may be old.'
const UNKNOWN = 'The newest report was saved by another version: run okta-migrate status again.'

/** One page for all callers: neither the ledger nor the thread that answers Okta's calls works more for many of them. */
const sharePage = (make: () => Promise<string>, clock: Clock): (() => Promise<string>) => {
  let [madeAt, page] = [-Infinity, Promise.resolve('')]
  return () => {
    if (clock.now() - madeAt >= CACHED_MS) {
      madeAt = clock.now()
      page = make()
    }
    return page
  }
}

/** What was read last is shown as long as the ledger cannot be read. */
const createPage = ({ clock, readCounts }: PageDeps): (() => Promise<string>) => {
  let counts: LedgerCounts | undefined
  const read = async (): Promise<string | undefined> => {
    if (!readCounts) return NO_LEDGER
    try {
      counts = await readCounts()
      return undefined
    } catch {
      return UNREADABLE
    }
  }
  return async () => {
    const warning = await read()
    const { org, today, events, report: text } = counts ?? {}
    const report = text === undefined ? undefined : readPageReport(text)
    const isUnknown = text !== undefined && !report
    const warnings = [warning, isUnknown ? UNKNOWN : undefined].filter((text) => text !== undefined)
    return String(await renderPage({ org, now: clock.epochMs(), report, today, events, warnings }))
  }
}

export const createPageApp = (deps: PageDeps): Hono => {
  const page = sharePage(createPage(deps), deps.clock)
  const app = new Hono()
  app.use(PAGE_PATH, guardPage(deps.access))
  app.get(PAGE_PATH, async (c) => c.html(await page(), 200, PAGE_HEADERS))
  return app
}
