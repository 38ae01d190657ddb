/** Checks answers against Okta's own description of its API: OpenAPI 3.0, adapted to JSON Schema. */
import ajv, { type ValidateFunction } from 'ajv'
import { readFileSync } from 'node:fs'

type Json = Record<string, unknown>

interface Description {
  readonly paths: Record<string, Record<string, { responses?: Record<string, Json> } | undefined>>
  readonly components: Json
}

export interface Exchange {
  readonly method: string
  /** With or without its query. */
  readonly path: string
  readonly status: number
  readonly body: unknown
}

const FILE = new URL('../sandbox/okta-openapi-subset.json', import.meta.url)

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A kind that is chosen by a property. Its kinds refer back to it by allOf, so the choice has a separate name. */
const ANY = '.any'

const choiceOf = (name: string, schema: Json): Json => {
  const { propertyName, mapping = {} } = schema['discriminator'] as {
    propertyName: string
    mapping?: Record<string, string>
  }
  const kinds = Object.entries(mapping).map(([value, $ref]) => ({
    if: { properties: { [propertyName]: { const: value } }, required: [propertyName] },
    then: { $ref },
  }))
  return { allOf: [{ $ref: `#/components/schemas/${name}` }, ...kinds] }
}

/** OpenAPI 3.0 has `nullable`; JSON Schema has a type for it. */
const withNull = (schema: Json): Json => {
  if (schema['nullable'] !== true) return schema
  const { enum: values, type, ...rest } = schema
  return {
    ...rest,
    ...(type !== undefined && { type: [type, 'null'] }),
    ...(Array.isArray(values) && { enum: [...(values as unknown[]), null] }),
  }
}

/** The answers of the kinds of hooks overlap, since no field of theirs is required. */
const RENAMED: Readonly<Record<string, string>> = { oneOf: 'anyOf' }

const adapt = (value: unknown, choices: ReadonlySet<string>, isParent = false): unknown => {
  if (Array.isArray(value)) return value.map((item) => adapt(item, choices, isParent))
  if (!isObject(value)) return value
  const name = typeof value['$ref'] === 'string' ? value['$ref'].split('/').at(-1) : undefined
  if (name !== undefined && choices.has(name) && !isParent)
    return { $ref: `${value['$ref'] as string}${ANY}` }
  const entries = Object.entries(withNull(value)).filter(([key]) => key !== 'discriminator')
  return Object.fromEntries(
    entries.map(([key, inner]) => [RENAMED[key] ?? key, adapt(inner, choices, key === 'allOf')]),
  )
}

const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

const createValidators = ({ components }: Description) => {
  const schemas = components['schemas'] as Record<string, Json>
  const choices = Object.entries(schemas).filter(([, schema]) => 'discriminator' in schema)
  const names = new Set(choices.map(([name]) => name))
  const adapted = adapt(components, names) as { schemas: Json }
  for (const [name, schema] of choices) adapted.schemas[name + ANY] = choiceOf(name, schema)
  const validator = new ajv.Ajv({ strict: false, allErrors: true })
  for (const format of ['password', 'double', 'int32', 'uri', 'email']) {
    validator.addFormat(format, true)
  }
  validator.addFormat('date-time', DATE_TIME)
  validator.addSchema({ $id: 'okta', components: adapted })
  const compiled = new Map<Json, ValidateFunction>()
  return (response: Json): ValidateFunction | undefined => {
    const content = response['content'] as Record<string, { schema?: Json }> | undefined
    const schema = content?.['application/json']?.schema
    if (!schema) return undefined
    const known = compiled.get(schema)
    if (known) return known
    const text = JSON.stringify(adapt(schema, names)).replaceAll('"#/', '"okta#/')
    const made = validator.compile(JSON.parse(text) as Json)
    compiled.set(schema, made)
    return made
  }
}

const patternOf = (template: string): RegExp =>
  new RegExp(`^${template.replaceAll('.', '\\.').replace(/\{[^}]+\}/g, '[^/]+')}$`)

/** @returns how an exchange violates the description; nothing if it fits */
export const createContract = () => {
  const { management, oauth } = JSON.parse(readFileSync(FILE, 'utf8')) as Record<
    'management' | 'oauth',
    Description
  >
  const parts = [management, oauth].map((description) => ({
    description,
    validatorOf: createValidators(description),
  }))
  return ({ method, path, status, body }: Exchange): string[] => {
    const [plain = ''] = path.split('?')
    for (const { description, validatorOf } of parts) {
      const template = Object.keys(description.paths).find((one) => patternOf(one).test(plain))
      const operation = template && description.paths[template]?.[method.toLowerCase()]
      if (!operation) continue
      const given = operation.responses?.[String(status)]
      if (!given) return [`${method} ${template}: ${status} is not described`]
      const response =
        typeof given['$ref'] === 'string' ? resolve(description, given['$ref']) : given
      const validate = validatorOf(response)
      if (!validate || validate(body)) return []
      return (validate.errors ?? []).map((err) => `${err.instancePath}: ${err.message}`)
    }
    return [`${method} ${plain} is not described`]
  }
}

const resolve = (description: Description, ref: string): Json => {
  const [, , kind = '', name = ''] = ref.split('/')
  return (description.components[kind] as Record<string, Json>)[name] ?? {}
}
