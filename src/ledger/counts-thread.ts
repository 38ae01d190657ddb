/** What a thread runs to read the counts for the page about a campaign: once, and then it ends. */
import { parentPort, workerData } from 'node:worker_threads'
import { openLedgerReports } from './database/reports.ts'
import type { CountsThreadOptions, LedgerCounts, ToCountsThread } from './counts.ts'

const { target, org, since } = workerData as CountsThreadOptions

// An error ends a thread that still has a connection open.
parentPort?.once('message', (message: ToCountsThread) => {
  throw new Error(message)
})
parentPort?.unref()

const reports = openLedgerReports(target, true)
try {
  const report = await reports.newestReport(org)
  const today = await reports.verifiedSince(since)
  parentPort?.postMessage({
    report: report?.text,
    org: report?.org ?? org,
    today,
    events: report ? await reports.eventsSince(report.at) : new Map(),
  } satisfies LedgerCounts)
} finally {
  reports.cut()
}
