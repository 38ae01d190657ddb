/** Finds the groups that an import names, and checks them in Okta. */
import { statSync } from 'node:fs'
import { createGroupCheck, groupIdsAhead, type GroupCheck } from '../../import/run/groups.ts'
import type { Sendable } from '../../import/rows/prepare.ts'
import type { Roles } from '../../import/rows/roles.ts'
import type { RunDeps } from '../../import/run/run.ts'
import type { Source, SourceRow } from '../../import/sources/source.ts'
import type { OktaClient } from '../../okta/client/client.ts'
import { ifGranted } from '../../okta/errors/rejection.ts'
import { getGroup, GROUP_SCOPES } from '../../okta/api/groups.ts'

export interface GroupSearch {
  readonly file: string | undefined
  readonly given: readonly string[]
  readonly roles: Roles
  /** Rows that were read ahead. */
  readonly first: readonly SourceRow[]
  readonly reopen: () => Promise<Source>
}

const isRegular = (file: string | undefined): boolean =>
  file !== undefined && file !== '-' && statSync(file).isFile()

/** Reads a file to its end; for other sources, only the rows that were read ahead. */
export const findGroupIds = async ({ file, given, roles, first, reopen }: GroupSearch) => {
  if (roles.groups === undefined) return groupIdsAhead(given, [], roles)
  if (!isRegular(file)) return groupIdsAhead(given, first, roles)
  const source = await reopen()
  try {
    return await groupIdsAhead(given, source.rows, roles)
  } finally {
    source.close()
  }
}

/** Uses a separate token: an import also works if the scope for groups is not granted. */
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

/** Checks each group of a row before it is sent, unless an earlier run may have sent it. */
export const withGroups =
  (groups: GroupCheck, sendRow: RunDeps['sendRow']): RunDeps['sendRow'] =>
  async (sendable, due) => {
    const reason = due.isNew ? await flawIn(groups, sendable) : undefined
    return reason === undefined
      ? sendRow(sendable, due)
      : { state: 'failed', reason, isRefusal: true }
  }
