/** Starts the built sandbox command in its own process, for the checks of Okta's SDKs. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const CLI = fileURLToPath(new URL('../../src/cli.js', import.meta.url))
const START_MS = 30_000

/** @returns the lines that the command printed for pasting, and a function that ends it */
export const startSandbox = async (...args) => {
  const child = spawn(process.execPath, [CLI, 'sandbox', '--port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the sandbox did not start')), START_MS)
    child.on('exit', (code) => reject(new Error(`the sandbox ended with ${code}`)))
    child.stdout.on('data', (chunk) => {
      printed += chunk
      if (!printed.includes('Ctrl-C stops the sandbox.')) return
      clearTimeout(timer)
      resolve()
    })
  })
  const exported = (name) => {
    const [, quoted, plain] = new RegExp(`^export ${name}=(?:'([^']+)'|(.+))$`, 'm').exec(printed)
    return quoted ?? plain
  }
  return {
    orgUrl: exported('OKTA_ORG_URL'),
    token: exported('OKTA_API_TOKEN'),
    clientId: exported('OKTA_CLIENT_ID'),
    privateKey: exported('OKTA_PRIVATE_KEY'),
    end: () =>
      new Promise((resolve) => {
        child.removeAllListeners('exit')
        child.on('exit', resolve)
        child.kill('SIGINT')
      }),
  }
}
