/** Owns the control of the faults while the sandbox runs; no part of Okta's API. */
import { Hono } from 'hono'
import type { FaultInjector } from '../http/faults.ts'
import { readJson, type OrgEnv } from '../http/request.ts'

export const FAULTS_PATH = '/sandbox/faults'

export const faultsApi = (faults: FaultInjector): Hono<OrgEnv> => {
  const app = new Hono<OrgEnv>()
  app.get(FAULTS_PATH, (c) => c.json(faults.current))
  app.put(FAULTS_PATH, async (c) => c.json(faults.set(await readJson(c))))
  return app
}
