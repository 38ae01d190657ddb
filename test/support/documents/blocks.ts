/** The commands in the documents, and a directory in which they run as they are printed. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { read } from '../deploy.ts'
import { OURS, STAND_INS } from './stand-ins.ts'

export interface Block {
  /** The heading that it stands under. */
  readonly section: string
  readonly script: string
}

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url))

/** Directories that the documents name, which a test keeps below its own directory. */
const ROOTS = /(?<=^|[\s'"=:])\/(?=(?:etc\/ssl|srv|backup|ledger|data|tls|run\/secrets)\b)/gm

/** A heading, or a block with its indent and its language. A line of a block can begin with # as well. */
const PARTS = /^#+ (.+)|^( *)```(.*)\n([\s\S]*?)^\2```$/gm

interface Fenced extends Block {
  readonly language: string
}

/** Every block in backquotes, in the order of the document, without the indent of a list. */
export const fencesOf = (document: string): Fenced[] => {
  let section = document
  return [...read(document).matchAll(PARTS)].flatMap((part) => {
    const [, heading, indent = '', language = '', body = ''] = part
    if (heading !== undefined) section = heading
    const script = body.replaceAll(new RegExp(`^${indent}`, 'gm'), '')
    return heading === undefined ? [{ section, language, script }] : []
  })
}

/** The blocks of shell commands. */
export const blocksOf = (document: string): Block[] =>
  fencesOf(document).filter(({ language }) => language === 'sh')

/** Those that people read: not the results of the benchmark. */
export const DOCUMENTS = [
  ...readdirSync(REPOSITORY),
  ...readdirSync(join(REPOSITORY, 'docs')).map((name) => `docs/${name}`),
].filter((path) => path.endsWith('.md'))

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
  const scripts = Object.entries(STAND_INS).map(([name, { script }]) => [name, script] as const)
  for (const [name, script] of [...scripts, ...Object.entries(OURS)]) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  }
  const here = (script: string): string => script.replaceAll(ROOTS, `${dir}/`)
  /** @param env the environment of the shell, without PATH and HOME */
  const run = (script: string, env: Readonly<Record<string, string>> = {}) =>
    spawnSync('bash', ['--norc', '-euo', 'pipefail', '-c', here(script)], {
      cwd: checkout,
      env: { PATH: `${bin}:/usr/bin:/bin`, HOME: dir, ...env },
      encoding: 'utf8',
      input: '',
    })
  return { dir, checkout, bin, here, run }
}
