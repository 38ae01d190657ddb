/** Every document with commands, copied into one shell from top to bottom, against a sandbox and a migration under way. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { FINGERPRINT_KEY, LEGACY_HASH } from '../support/campaign.ts'
import { read } from '../support/deploy.ts'
import { blocksOf, DOCUMENTS, makeWorkplace } from '../support/documents/blocks.ts'
import { prepareMachine } from '../support/documents/machine.ts'
import { runSession, scriptOf } from '../support/documents/session.ts'
import {
  filledIn,
  KNOWN_PASSWORD,
  shownId,
  startStage,
  writeEnvFile,
} from '../support/documents/stage.ts'
import { isElsewhere } from '../support/documents/stand-ins.ts'
import { tempDir } from '../support/temp.ts'

/** These name all that they need. The others take the environment of the hook server for granted. */
const COMPLETE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'docs/AUDIT.md': {},
  'docs/IMPORT.md': {},
  'docs/OPERATIONS.md': {},
  // Typed at a terminal.
  'docs/REGISTER-IN-OKTA.md': { HOOK_TEST_PASSWORD: KNOWN_PASSWORD },
  'docs/SCHEMA.md': {},
  'docs/SERVE.md': { PORT: '0' },
}

/** They begin before Okta knows the hook. */
const EARLY = ['docs/IMPORT.md', 'docs/REGISTER-IN-OKTA.md']

/** What a document says that its commands print. */
const SHOWN: Readonly<Record<string, string>> = {
  'docs/REGISTER-IN-OKTA.md': '{"credential":"VERIFIED"}',
}

/** What happens before a section: what the document tells to do, or what people do meanwhile. */
const BEFORE: Readonly<Record<string, string>> = {
  'Four weeks after: purge': scriptOf('docs/CUT-OVER.md', (name) => name === 'The day: close'),
  'Hashes and the hook, side by side': `printf '%s\\n' email,firstName,lastName,password_hash \\
    'una@example.com,Una,Two,${LEGACY_HASH}' 'tre@example.com,Tre,Two,{SSHA}damaged' > users.csv`,
  // The other way to create it.
  'By API': `at="$OKTA_ORG_URL/api/v1/inlineHooks/${shownId('inlineHooks')}"
    for call in 'POST /lifecycle/deactivate' 'DELETE '; do
      curl -s -X "\${call% *}" "$at\${call#* }" -H "Authorization: SSWS $OKTA_API_TOKEN" -d ''
    done`,
  'What happened to one person': `curl -s "$OKTA_ORG_URL/api/v1/authn" -H 'content-type: application/json' \\
    -d '{"username":"isaac.brock@example.com","password":"not mine"}' || true`,
}

const commandsOf = (document: string): string =>
  [...new Set(blocksOf(document).map(({ section }) => section))]
    .filter((section) => !isElsewhere(document, section))
    .map((section) => (BEFORE[section] ?? '') + '\n' + scriptOf(document, (one) => one === section))
    .join('\n')

it.each(DOCUMENTS.filter((document) => commandsOf(document) !== ''))(
  '%s runs from top to bottom',
  async (document) => {
    const root = tempDir()
    const { checkout, bin, here } = makeWorkplace(root)
    prepareMachine(root, { fingerprint_key: FINGERPRINT_KEY })
    const stage = await startStage(checkout, !EARLY.includes(document))
    const script = here(filledIn(commandsOf(document), stage))
    if (script.includes('--env-file .env')) writeEnvFile(checkout, stage.env)
    if (document === 'docs/IMPORT.md') {
      writeFileSync(join(checkout, 'users.csv'), read('legacy-db/sample-users.csv'))
    }
    const env = COMPLETE[document] ?? stage.env
    const { code, output } = await runSession(script, { cwd: checkout, bin, env })
    expect(code, output).toBe(0)
    expect(output).toContain(SHOWN[document] ?? '')
  },
)
