/** Owns the groups of an import: which are named before its first row, and the question to Okta about each. */
import { statSync } from 'node:fs'
import { createGroupCheck, type GroupCheck } from '../../import/run/groups.ts'
import { groupIdsAhead, type GroupIds } from '../../import/run/groups-ahead.ts'
import type { Sendable } from '../../import/rows/prepare.ts'
import type { Roles } from '../../import/rows/roles.ts'
import type { RunDeps } from '../../import/run/run.ts'
import type { Source, SourceRow } from '../../import/sources/source.ts'
import type { OktaClient } from '../../okta/client/client.ts'
import { ifGranted } from '../../okta/errors/rejection.ts'
import { getGroup, GROUP_SCOPES } from '../../okta/api/groups.ts'

export interface Look {
  readonly file: string | undefined
  readonly given: readonly string[]
  readonly roles: Roles
  /** Rows, read ahead. */
  readonly first: readonly SourceRow[]
  readonly reopen: () => Promise<Source>
}

const isRegular = (file: string | undefined): boolean =>
  file !== undefined && file !== '-' && statSync(file).isFile()

/** A file is read to its end; of other sources, what was read ahead. */
export const findGroupIds = async (look: Look): Promise<GroupIds> => {
  const { file, given, roles, first, reopen } = look
  if (roles.groups === undefined) return groupIdsAhead(given, [], roles)
  if (!isRegular(file)) return groupIdsAhead(given, first, roles)
  const source = await reopen()
  try {
    const rows = { [Symbol.asyncIterator]: () => source.rows }
    return await groupIdsAhead(given, rows, roles)
  } finally {
    source.close()
  }
}

/** Asks with a token of its own: its scope may not be granted, and an import can do without. */
export const openGroups = (
  client: OktaClient,
  halt: AbortSignal,
  warn: (message: string) => void,
): GroupCheck => {
  const own = client.withScopes(GROUP_SCOPES)
  const request: OktaClient['request'] = (what) => own.request({ ...what, signal: halt })
  return createGroupCheck((id) => ifGranted(() => getGroup(request, id)), warn)
}

const flawIn = async (groups: GroupCheck, { request }: Sendable): Promise<string | undefined> => {
  for (const id of request.body.groupIds ?? []) {
    const flaw = await groups.flaw(id)
    if (flaw !== undefined) return flaw
  }
  return undefined
}

/** Before a row is sent, each of its groups was asked about; one that an earlier run may have sent is past that. */
export const withGroups =
  (groups: GroupCheck, settle: RunDeps['settle']): RunDeps['settle'] =>
  async (sendable, due) => {
    const reason = due.fresh ? await flawIn(groups, sendable) : undefined
    return reason === undefined
      ? settle(sendable, due)
      : { state: 'failed', reason, isRefusal: true }
  }
