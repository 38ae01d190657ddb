/** The pages behind the links in e-mails: a form for a new password, and a button that unlocks. */
import { Hono } from 'hono'
import { html } from 'hono/html'
import { OktaError } from '../http/errors.ts'
import { readBodyText, type OrgContext, type OrgEnv } from '../http/request.ts'
import { personSource } from '../log/source.ts'
import type { Recovery } from './recovery.ts'

const PASSWORD_FORM = html`<label
    >New password <input type="password" name="password" required
  /></label>
  <button>Set password</button>`

const page = (title: string, text: string, form?: typeof PASSWORD_FORM) =>
  html`<!doctype html>
    <html lang="en">
      <title>${title}</title>
      <h1>${title}</h1>
      <p>${text}</p>
      ${form && html`<form method="post">${form}</form>`}
    </html>`

interface LinkPage {
  readonly title: string
  readonly form: typeof PASSWORD_FORM
  readonly done: string
  readonly act: (recovery: Recovery, token: string, c: OrgContext) => Promise<void> | void
}

const setsPassword = (title: string): LinkPage => ({
  title,
  form: PASSWORD_FORM,
  done: 'The password is set.',
  async act(recovery, token, c) {
    const password = new URLSearchParams(await readBodyText(c)).get('password') ?? ''
    await recovery.complete(token, password, personSource(c))
  },
})

const PAGES: Readonly<Record<string, LinkPage>> = {
  reset_password: setsPassword('Set a new password'),
  welcome: setsPassword('Welcome: set your first password'),
  unlock: {
    title: 'Unlock your account',
    form: html`<button>Unlock</button>`,
    done: 'The account is unlocked.',
    act: (recovery, token, c) => recovery.unlock(token, personSource(c)),
  },
}

export const pagesApi = (recovery: Recovery): Hono<OrgEnv> => {
  const app = new Hono<OrgEnv>()
  for (const [name, { title, form, done, act }] of Object.entries(PAGES)) {
    app.get(`/${name}/:token`, (c) => c.html(page(title, 'The link can be used once.', form)))
    app.post(`/${name}/:token`, async (c) => {
      try {
        await act(recovery, c.req.param('token'), c)
      } catch (err) {
        if (!(err instanceof OktaError)) throw err
        return c.html(page(title, err.message, form), err.status)
      }
      return c.html(page(title, done))
    })
  }
  return app
}
