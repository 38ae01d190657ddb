/** Reads the file of --schema: the schema of the sandbox's user profiles. */
import { InvalidArgumentError } from 'commander'
import { readFileSync } from 'node:fs'
import { schemaSettings, type SchemaSettings } from '../../sandbox/org/schema.ts'
import { parseJson } from '../../text/parse-json.ts'

/** @throws InvalidArgumentError, which commander turns into the usage's exit code */
export const readSchemaFile = (path: string): SchemaSettings => {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    throw new InvalidArgumentError('The file cannot be read.')
  }
  const json = parseJson(text)
  if (json === undefined) throw new InvalidArgumentError('It is not JSON.')
  const { success, data, error } = schemaSettings.safeParse(json)
  if (success) return data
  const [issue] = error.issues
  const where = ['the file', ...(issue?.path ?? [])].join('.')
  throw new InvalidArgumentError(`In ${where}: ${issue?.message}.`)
}
