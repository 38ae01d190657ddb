/** Colours text for a terminal, unless the user has turned colour off. */
import { styleText } from 'node:util'
import type { Environment } from '../../config/load.ts'

export type Colourise = (colour: 'red' | 'yellow' | 'green' | 'bold', text: string) => string

/** NO_COLOR (no-color.org) and FORCE_COLOR are the variables that other programs use. */
const hasColour = ({ isTTY }: { readonly isTTY?: boolean }, env: Environment): boolean => {
  const { FORCE_COLOR: forced, NO_COLOR: without } = env
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false'
  if (without !== undefined && without !== '') return false
  return isTTY === true && env['TERM'] !== 'dumb'
}

export const createColourise = (
  stream: { readonly isTTY?: boolean },
  env: Environment,
): Colourise =>
  hasColour(stream, env)
    ? (colour, text) => styleText(colour, text, { validateStream: false })
    : (_, text) => text
