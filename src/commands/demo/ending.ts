/** The third part of the demo, with --campaign: the hook ends, and some people help themselves. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readSavedReport } from '../../campaign/state/saved-report.ts'
import type { Sandbox } from '../../sandbox/sandbox.ts'
import { show, signInAt, tell, type DemoEnv, type Stage } from './stage.ts'

const STATE = 'okta-migrate-campaign.sqlite'
const PURGE = "UPDATE accounts SET password_hash = '' WHERE id = :id"
const CALLERS = 'callers.csv'
const REFUSED = 5
const HELPED = 3

const post = async ({ url }: Sandbox, path: string, body: object): Promise<unknown> => {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${url}/api/v1/authn/${path}`, {
    ...{ method: 'POST', headers, body: JSON.stringify(body) },
  })
  return answer.json()
}

/** "Forgot password", with the link of the mail. */
const setNewPassword = async (sandbox: Sandbox, username: string): Promise<void> => {
  await post(sandbox, 'recovery/password', { username, factorType: 'EMAIL' })
  const token = sandbox.mails().at(-1)?.url.split('/').at(-1)
  const state = (await post(sandbox, 'recovery/token', { recoveryToken: token })) as {
    readonly stateToken: string
  }
  const { stateToken } = state
  await post(sandbox, 'credentials/reset_password', { stateToken, newPassword: 'Fr3sh and new!' })
}

/** People who have not moved, and come back now. */
const comeBack = async (sandbox: Sandbox): Promise<readonly string[]> => {
  const waiting = new Set<string>()
  for (const { credentials, profile } of sandbox.users()) {
    if (credentials.provider.type === 'IMPORT') waiting.add(String(profile['login']))
  }
  const people = sandbox.people.filter(({ login }) => waiting.has(login)).slice(0, REFUSED)
  for (const { login, password } of people) await signInAt(sandbox, login, password)
  return people.map(({ login }) => login)
}

/** The number that is to be typed, as a script gives it. */
const confirmation = ({ dir }: Stage): string => {
  const saved = readSavedReport(join(dir, STATE))
  if (!saved) throw new Error('no status was saved')
  return `${saved.org}:${saved.notMoved}`
}

/** A person who cannot use "forgot password" gets a link, and nobody else is reset. */
const resetOthers = async (
  stage: Stage,
  logins: readonly string[],
  env: DemoEnv,
): Promise<void> => {
  tell(
    stage,
    `\n${logins.length} of them cannot, and call the help desk: for them alone there is a link.\n`,
  )
  writeFileSync(join(stage.dir, CALLERS), `login\n${logins.join('\n')}\n`)
  const whom = ['--who', CALLERS, '--links', 'links.csv']
  const yes = `${new URL(env['OKTA_ORG_URL'] ?? '').host}:${logins.length}`
  await show(stage, ['cutoff', 'reset', ...whom, '--yes', yes], env)
}

export const playEnding = async (stage: Stage, sandbox: Sandbox, env: DemoEnv): Promise<void> => {
  tell(stage, '\nThe last people are imported, and counted once more. Then the hook ends.\n')
  await show(stage, ['import', 'reconcile/missing.csv'], env)
  await show(stage, ['status', '--brief'], env)
  const apps = ['--other-apps', 'none']
  await show(stage, ['cutoff', 'plan', ...apps, '--accept', 'link_short'], env)
  await show(stage, ['cutoff', 'close', '--yes', confirmation(stage)], env)
  tell(
    stage,
    `\n${REFUSED} people come with their old password, and are refused. ${HELPED} of them use "forgot password".\n`,
  )
  const people = await comeBack(sandbox)
  for (const login of people.slice(0, HELPED)) await setNewPassword(sandbox, login)
  await show(stage, ['cutoff', 'watch', '--once'], env)
  await resetOthers(stage, people.slice(HELPED), env)
  tell(
    stage,
    '\nWho has moved for certain needs the old hash no more. Your DBA gets SQL for them:\n',
  )
  await show(stage, ['cutoff', 'purge', '--sql', PURGE, '--dry-run'], env)
}
