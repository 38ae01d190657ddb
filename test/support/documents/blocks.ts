/** The commands in the documents, and a directory in which they run as they are printed. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { read } from '../deploy.ts'

export interface Block {
  /** The heading that it stands under. */
  readonly section: string
  readonly script: string
}

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url))

/** Directories that the documents name, which a test keeps below its own directory. */
const ROOTS = /(?<=^|[\s'"=])\/(?=(?:etc\/ssl|srv|backup|ledger|data|tls)\b)/gm

/** Every block of shell commands, in the order of the document, without the indent of a list. */
export const blocksOf = (document: string): Block[] =>
  read(document)
    .split(/^(?=#+ )/m)
    .flatMap((text) => {
      const section = /^#+ (.+)/.exec(text)?.[1] ?? document
      return [...text.matchAll(/^( *)```sh\n([\s\S]*?)^\1```/gm)].map(
        ([, indent = '', body = '']) => ({
          section,
          script: body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
        }),
      )
    })

const inNode = (name: string): string =>
  `exec '${process.execPath}' '${join(REPOSITORY, 'test/support/documents/stand-in.ts')}' ${name} "$@"`

/** Stand-ins for programs that a test cannot run. Only root may change the owner of files, and write read-only ones. */
const STAND_INS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(['docker', 'kubectl', 'curl'].map((name) => [name, inNode(name)])),
  chmod: 'shift; ls -d "$@" > /dev/null',
  chown: 'shift; ls -d "$@" > /dev/null',
  install: '[ "$1" != -d ] || { dirs=-d; shift; }; shift 2; exec /usr/bin/install $dirs "$@"',
  npm: '[ "$1" != run ] || shift; [ "$1" = ci ] || grep -q "^    \\"$1\\": " package.json',
  date: 'echo 2026-11-24',
  // The test reads them afterwards, in one process.
  node: 'printf "%s\\t" "$@" >> "$HOME/calls"; echo >> "$HOME/calls"',
}

/** A copy of the files that the commands read from a checkout, and the machine's directories around it. */
export const makeWorkplace = (dir: string) => {
  const checkout = join(dir, 'checkout')
  const bin = join(dir, 'bin')
  for (const path of ['bin', 'backup', 'ledger', 'etc/ssl/hook']) {
    mkdirSync(join(dir, path), { recursive: true })
  }
  for (const pem of ['fullchain.pem', 'privkey.pem']) {
    writeFileSync(join(dir, 'etc/ssl/hook', pem), 'a certificate or a key\n')
  }
  for (const name of ['deploy', 'Dockerfile', 'package.json']) {
    const mine = (path: string): boolean => !/deploy\/(secrets|\.env)/.test(path)
    cpSync(join(REPOSITORY, name), join(checkout, name), { recursive: true, filter: mine })
  }
  for (const [name, script] of Object.entries(STAND_INS)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  }
  /** @param env the environment of the shell, without PATH and HOME */
  const run = (script: string, env: Readonly<Record<string, string>> = {}) =>
    spawnSync('bash', ['--norc', '-euo', 'pipefail', '-c', script.replaceAll(ROOTS, `${dir}/`)], {
      cwd: checkout,
      env: { PATH: `${bin}:/usr/bin:/bin`, HOME: dir, ...env },
      encoding: 'utf8',
      input: '',
    })
  return { dir, checkout, run }
}
