/** The file of --schema: the schema of user profiles that the sandbox is to have. */
import { InvalidArgumentError } from 'commander'
import { readFileSync } from 'node:fs'
import { schemaSettings, type SchemaSettings } from '../../sandbox/org/schema.ts'

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw new InvalidArgumentError('It is not JSON.')
  }
}

/** @throws InvalidArgumentError, which commander turns into the usage's exit code */
export const readSchemaFile = (path: string): SchemaSettings => {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    throw new InvalidArgumentError('The file cannot be read.')
  }
  const { success, data, error } = schemaSettings.safeParse(parse(text))
  if (success) return data
  const [issue] = error.issues
  const where = ['the file', ...(issue?.path ?? [])].join('.')
  throw new InvalidArgumentError(`In ${where}: ${issue?.message}.`)
}
