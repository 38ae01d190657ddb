/** Reads a file of variables, as --env-file names it, beneath the environment of the process. */
import { statSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { AppError } from '../errors/errors.ts'
import { UnfitFile } from '../regular-file.ts'
import { codeOf } from '../sql/failures.ts'
import type { Environment, ReadFile } from './load.ts'

const MAX_BYTES = 1024 * 1024

const refuse = (path: string, what: string): AppError =>
  new AppError('config_invalid', { detail: `  --env-file ${path}: ${what}` })

/** Node.js itself ends where no such file can be read, though the option follows the script (nodejs/node#54232): with 9. */
const read = (path: string, readFile: ReadFile): string => {
  try {
    return readFile(path, MAX_BYTES)
  } catch (err) {
    if (err instanceof UnfitFile) throw refuse(path, `the file ${err.message}.`)
    const why = codeOf(err) === 'ENOENT' ? 'there is no such file.' : `${codeOf(err)}.`
    throw refuse(path, `${why} Name one that this user can read; okta-migrate init writes one.`)
  }
}

const ASSIGNMENT = /^(?:export\s+)?(?<name>[\w.]+)\s*=(?<written>.*)$/

const CUT_AT_SIGN = /^(?:\s*[^"'`#\s](?:[^#]*[^#\s])?)?#/
const CUT_AT_QUOTE = /^\s*(["'`])(?:(?!\1).)*\1\s*[^\s#]/
const OPENED = /^\s*(["'`])/

/**
 * Node.js passes over a line that it cannot read, cuts a value without quotes at the first #, even inside a word, drops
 * what follows the closing quote, and keeps a quote that is not closed. Each would be a wrong secret without a message.
 */
const flawOfValue = (written: string, value = ''): string | undefined => {
  if (CUT_AT_SIGN.test(written)) return 'has a # in its value; quote the value'
  if (CUT_AT_QUOTE.test(written))
    return 'has text after the closing quote; use quotes that the value does not hold'
  const quote = OPENED.exec(written)?.[1]
  return quote !== undefined && value.startsWith(quote)
    ? 'opens a quote that is not closed'
    : undefined
}

/**
 * Lines inside a value, such as those of a PEM key, are no assignments.
 * @returns what is wrong, without the text of the line, which can be a secret
 */
const flawOf = (line: string, values: Readonly<Record<string, string>>): string | undefined => {
  const text = line.trim()
  if (text === '' || text.startsWith('#')) return undefined
  const { name = '', written } = ASSIGNMENT.exec(text)?.groups ?? {}
  const inside = written === undefined ? text.replace(/["'`]\s*(?:#.*)?$/, '') : text
  const isInside = (value: string): boolean => value.includes('\n') && value.includes(inside)
  if (Object.values(values).some(isInside)) return undefined
  return written === undefined ? 'is not NAME=VALUE' : flawOfValue(written, values[name])
}

const parse = (path: string, text: string): Environment => {
  // A byte order mark would be part of the first name.
  const values = parseEnv(text.replace(/^\ufeff/, '')) as Record<string, string>
  const flaws = text
    .split(/\r?\n/)
    .map((line, i) => [i + 1, flawOf(line.replace(/^\ufeff/, ''), values)] as const)
  const [number, flaw] = flaws.find(([, what]) => what !== undefined) ?? []
  if (flaw !== undefined) throw refuse(path, `line ${number} ${flaw}.`)
  return values
}

/** The variable that says the same in the other way: directly, or by NAME_FILE. */
const otherForm = (name: string): string =>
  name.endsWith('_FILE') ? name.slice(0, -'_FILE'.length) : `${name}_FILE`

/**
 * What is set in the environment wins, in either form. A variable that is set to nothing is not set, as everywhere.
 * @throws AppError `config_invalid`
 */
export const withEnvFile = (env: Environment, path: string, readFile: ReadFile): Environment => {
  const given = Object.entries(parse(path, read(path, readFile)))
  const isFree = (name: string): boolean => !env[name] && !env[otherForm(name)]
  return { ...env, ...Object.fromEntries(given.filter(([name]) => isFree(name))) }
}

/** A file that others can read; Windows has no such modes. */
export const noticeOfMode = (path: string, platform = process.platform): string | undefined =>
  platform !== 'win32' && (statSync(path).mode & 0o004) !== 0
    ? `Every user of this machine can read ${path}, which can hold secrets. Run: chmod o-r ${path}`
    : undefined
