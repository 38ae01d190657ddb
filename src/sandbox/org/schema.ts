/** The schema of users' profiles: the attributes of an org and the values that they take ("Schemas API"). */
import * as z from 'zod'

const values = z.array(z.union([z.string(), z.number()]))
/** An enum whose values have titles. */
const titledValues = z.array(z.looseObject({ const: z.union([z.string(), z.number()]) }))
const options = { enum: values.optional(), oneOf: titledValues.optional() }

/** Okta allows either any character, or a list of characters ("Login pattern validation"). */
const PATTERN = /^(\.\+|\[(?:[^\]\\]|\\.)+\]\+)$/

const isPattern = (text: string): boolean => {
  try {
    return PATTERN.test(text) && new RegExp(text) instanceof RegExp
  } catch {
    return false
  }
}

const pattern = z.string().refine(isPattern, { error: 'Must be ".+" or "[characters]+"' })

const attributeSchema = z.looseObject({
  title: z.string().optional(),
  type: z.enum(['string', 'boolean', 'number', 'integer', 'array']).optional(),
  items: z
    .looseObject({ type: z.enum(['string', 'number', 'integer']).default('string'), ...options })
    .optional(),
  format: z.string().optional(),
  pattern: pattern.nullish(),
  minLength: z.int().min(0).optional(),
  maxLength: z.int().min(0).optional(),
  required: z.boolean().nullish(),
  mutability: z.enum(['READ_WRITE', 'READ_ONLY', 'IMMUTABLE', 'WRITE_ONLY']).optional(),
  ...options,
})

const partSchema = z.looseObject({
  properties: z.record(z.string().regex(/^\w+$/), attributeSchema).default({}),
  required: z.array(z.string()).optional(),
})

/** As the Schemas API returns and accepts it, so that the schema of a real org can be tried here. */
export const schemaSettings = z.looseObject({
  definitions: z.looseObject({ base: partSchema.optional(), custom: partSchema.optional() }),
})

export type SchemaSettings = z.input<typeof schemaSettings>
export type AttributeSchema = z.output<typeof attributeSchema>
type Attributes = Readonly<Record<string, AttributeSchema>>
export type AttributeSchemas = ReadonlyMap<string, AttributeSchema>

export interface OrgUserSchema {
  readonly base: AttributeSchemas
  readonly custom: AttributeSchemas
  readonly all: AttributeSchemas
  readonly required: ReadonlySet<string>
}

const EMAIL = { format: 'email', minLength: 5, maxLength: 100 }

/** As recorded from orgs: each has a title, and a few have limits. */
const BASE: Attributes = {
  login: { title: 'Username', minLength: 5, maxLength: 100, required: true },
  firstName: { title: 'First name', minLength: 1, maxLength: 50, required: true },
  lastName: { title: 'Last name', minLength: 1, maxLength: 50, required: true },
  middleName: { title: 'Middle name' },
  honorificPrefix: { title: 'Honorific prefix' },
  honorificSuffix: { title: 'Honorific suffix' },
  email: { title: 'Primary email', ...EMAIL, required: true },
  title: { title: 'Title' },
  displayName: { title: 'Display name' },
  nickName: { title: 'Nickname' },
  profileUrl: { title: 'Profile Url', format: 'uri' },
  secondEmail: { title: 'Secondary email', ...EMAIL },
  mobilePhone: { title: 'Mobile phone', maxLength: 100 },
  primaryPhone: { title: 'Primary phone', maxLength: 100 },
  streetAddress: { title: 'Street address' },
  city: { title: 'City' },
  state: { title: 'State' },
  zipCode: { title: 'Zip code' },
  countryCode: { title: 'Country code', format: 'country-code' },
  postalAddress: { title: 'Postal Address' },
  preferredLanguage: { title: 'Preferred language', format: 'language-code' },
  locale: { title: 'Locale', format: 'locale' },
  timezone: { title: 'Time zone', format: 'timezone' },
  userType: { title: 'User type' },
  employeeNumber: { title: 'Employee number' },
  costCenter: { title: 'Cost center' },
  organization: { title: 'Organization' },
  division: { title: 'Division' },
  department: { title: 'Department' },
  managerId: { title: 'ManagerId' },
  manager: { title: 'Manager' },
}

/** The values of every attribute in the API, unless it has its own. */
const USUAL = {
  type: 'string',
  mutability: 'READ_WRITE',
  scope: 'NONE',
  permissions: [{ principal: 'SELF', action: 'READ_ONLY' }],
  master: { type: 'PROFILE_MASTER' },
} as const

type Part = z.output<typeof partSchema> | undefined

const overlay = (usual: Attributes, part: Part): AttributeSchemas => {
  const given = Object.entries(part?.properties ?? {})
  const changed = given.map(([name, more]) => [name, { ...usual[name], ...more }] as const)
  return new Map([...Object.entries(usual), ...changed])
}

/** The list of required attributes applies if there is one, and so does an attribute's own mark. */
const requiredOf = (attributes: AttributeSchemas, part: Part): string[] => {
  const isMarked = ([name, { required }]: [string, AttributeSchema]) =>
    part?.required && !part.properties[name]?.required ? false : required === true
  const marked = [...attributes].filter(isMarked).map(([name]) => name)
  return [...(part?.required ?? []), ...marked]
}

/**
 * The schema that every org starts with, with the changes of the settings.
 * @param names custom attributes of plain text
 */
export const createUserSchema = (
  settings: SchemaSettings = { definitions: {} },
  names: readonly string[] = [],
): OrgUserSchema => {
  const parts = schemaSettings.parse(settings).definitions
  const named = Object.fromEntries(names.map((title) => [title, { title }]))
  const [base, custom] = [overlay(BASE, parts.base), overlay(named, parts.custom)]
  const required = new Set([...requiredOf(base, parts.base), ...requiredOf(custom, parts.custom)])
  return { base, custom, all: new Map([...base, ...custom]), required }
}

const partView = (id: string, attributes: AttributeSchemas, { required }: OrgUserSchema) => ({
  id,
  type: 'object',
  properties: Object.fromEntries(
    [...attributes].map(([name, attribute]) => [name, { title: name, ...USUAL, ...attribute }]),
  ),
  required: [...attributes.keys()].filter((name) => required.has(name)),
})

/** The schema as the Schemas API shows it. */
export const schemaView = (schema: OrgUserSchema, href: string, name: string, now: string) => ({
  id: href,
  $schema: 'http://json-schema.org/draft-04/schema#',
  name,
  title: 'User',
  description: 'Okta user profile template with default permission settings',
  lastUpdated: now,
  created: now,
  definitions: {
    custom: partView('#custom', schema.custom, schema),
    base: partView('#base', schema.base, schema),
  },
  type: 'object',
  properties: {
    profile: { allOf: [{ $ref: '#/definitions/custom' }, { $ref: '#/definitions/base' }] },
  },
  _links: { self: { rel: 'self', href, method: 'GET' } },
})
