/** Owns the reading of an org's user schema: which attributes there are, and what fits them (Okta Management API, "Schemas"). */
import * as z from 'zod'
import { AppError } from '../../errors/errors.ts'
import type { OktaClient } from '../client/client.ts'

/** What reads it: the type's own schema is named by the type. */
export const SCHEMA_SCOPES = ['okta.schemas.read'] as const
export const TYPE_SCOPES = ['okta.schemas.read', 'okta.userTypes.read'] as const

const optional = <T extends z.ZodType>(type: T) => type.nullish().catch(undefined)

const options = optional(z.array(z.object({ const: z.unknown(), title: z.string().catch('') })))

const valueSchema = z.object({
  type: optional(z.string()),
  format: optional(z.string()),
  /** Of a login: absent or null means the form of an e-mail address. */
  pattern: optional(z.string()),
  minLength: optional(z.number()),
  maxLength: optional(z.number()),
  enum: optional(z.array(z.unknown())),
  oneOf: options,
})

const attributeSchema = valueSchema.extend({
  title: optional(z.string()),
  required: optional(z.boolean()),
  mutability: optional(z.string()),
  items: optional(valueSchema),
})

/** An attribute that says nothing that can be read is there all the same: a missing one would be refused. */
const part = z.object({
  properties: z.record(z.string(), attributeSchema.catch({})).default({}),
  required: z.array(z.string()).catch([]),
})

const schema = z.object({
  definitions: z.object({ base: part, custom: part.default({ properties: {}, required: [] }) }),
})

export interface SchemaAttribute extends Omit<z.infer<typeof attributeSchema>, 'required'> {
  readonly isRequired: boolean
  readonly isCustom: boolean
}

/** By the attribute's name. */
export type UserSchema = ReadonlyMap<string, SchemaAttribute>

type Part = z.infer<typeof part>

/** `required` may stand at the attribute, in the list, or both. */
const attributesOf = (
  { properties, required }: Part,
  isCustom: boolean,
): [string, SchemaAttribute][] =>
  Object.entries(properties).map(([name, { required: isRequired, ...attribute }]) => [
    name,
    { ...attribute, isRequired: isRequired === true || required.includes(name), isCustom },
  ])

const typeSchema = z.object({ _links: z.object({ schema: z.object({ href: z.string() }) }) })

const unusable = (what: string): AppError =>
  new AppError('okta_answer_unusable', { detail: `not a ${what}` })

/** The id at the end of the type's link: the link itself may name another host of the org. */
const schemaIdOf = async (request: OktaClient['request'], typeId: string): Promise<string> => {
  const path = `/api/v1/meta/types/user/${encodeURIComponent(typeId)}`
  const { data } = typeSchema.safeParse((await request({ method: 'GET', path })).body)
  const id = data?._links.schema.href.split(/[?#]/)[0]?.split('/').at(-1)
  if (!id) throw unusable('user type')
  return id
}

/**
 * @param typeId of a user type that is not the default one
 * @throws OktaRejection `okta_not_found` where there is no such type
 */
export const readUserSchema = async (
  request: OktaClient['request'],
  typeId?: string,
): Promise<UserSchema> => {
  const id = typeId === undefined ? 'default' : await schemaIdOf(request, typeId)
  const path = `/api/v1/meta/schemas/user/${encodeURIComponent(id)}`
  const { data } = schema.safeParse((await request({ method: 'GET', path })).body)
  // Every org has this one: without it, the answer is no schema of users, or half of one.
  if (!data || !('login' in data.definitions.base.properties)) throw unusable('user schema')
  const { base, custom } = data.definitions
  return new Map([...attributesOf(base, false), ...attributesOf(custom, true)])
}
