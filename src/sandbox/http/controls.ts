/** Settings of the sandbox that can be changed while it runs, by a route of their own. Not part of Okta's API. */
import { Hono } from 'hono'
import * as z from 'zod'
import { parseAs, readJson, type OrgEnv } from './request.ts'

/** @param what the settings are called in error messages */
export const createControl = <S extends z.ZodType>(schema: S, given: z.input<S>, what: string) => {
  let current: z.output<S> = parseAs(schema, given, what)
  return {
    get current() {
      return current
    },
    /**
     * Changes the named settings only.
     * @throws OktaError E0000001 for unknown names and for values that do not fit
     */
    set(settings: unknown): z.output<S> {
      const changes = parseAs(z.looseObject({}), settings, what)
      current = parseAs(schema, { ...(current as object), ...changes }, what)
      return current
    },
  }
}

interface Control {
  readonly current: unknown
  readonly set: (settings: unknown) => unknown
}

/** Shows the settings, and changes those in the body of a PUT. */
export const controlApi = (path: string, control: Control): Hono<OrgEnv> => {
  const app = new Hono<OrgEnv>()
  app.get(path, (c) => c.json(control.current))
  app.put(path, async (c) => c.json(control.set(await readJson(c))))
  return app
}
