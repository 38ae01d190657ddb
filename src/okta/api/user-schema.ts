/** Reads an org's user schema: its attributes and the values that they take (Okta Management API, "Schemas"). */
import * as z from 'zod'
import { readAs, unusableAnswer } from '../errors/unusable-answer.ts'
import type { RequestFn } from '../client/client.ts'

/** Scopes to read the default schema, and that of another user type. */
export const SCHEMA_SCOPES = ['okta.schemas.read'] as const
export const TYPE_SCOPES = ['okta.schemas.read', 'okta.userTypes.read'] as const

const optional = <T extends z.ZodType>(type: T) => type.nullish().catch(undefined)

const options = optional(z.array(z.object({ const: z.unknown(), title: z.string().catch('') })))

const valueSchema = z.object({
  type: optional(z.string()),
  format: optional(z.string()),
  /** For a login, absent or null means that it must be an e-mail address. */
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

/** An attribute that cannot be read counts as one without rules: values for a missing one would be rejected. */
const part = z.object({
  properties: z.record(z.string(), attributeSchema.catch({})).default({}),
  required: z.array(z.string()).catch([]),
})

/** Every org has a login: without it, the answer is no schema of users, or half of one. */
const basePart = part.refine(({ properties }) => 'login' in properties)

const schema = z.object({
  definitions: z.object({ base: basePart, custom: part.default({ properties: {}, required: [] }) }),
})

export interface SchemaAttribute extends Omit<z.infer<typeof attributeSchema>, 'required'> {
  readonly isRequired: boolean
  readonly isCustom: boolean
}

/** By the attribute's name. */
export type UserSchema = ReadonlyMap<string, SchemaAttribute>

/** `required` may be set at the attribute, in the list, or both. */
const attributesOf = ({ properties, required }: z.infer<typeof part>, isCustom: boolean) =>
  Object.entries(properties).map(([name, { required: isMarked, ...attribute }]) => {
    const isRequired = isMarked === true || required.includes(name)
    return [name, { ...attribute, isRequired, isCustom }] as const
  })

const typeSchema = z.object({ _links: z.object({ schema: z.object({ href: z.string() }) }) })

/** The id at the end of the type's link. The link itself may name another host of the org. */
const schemaIdOf = async (request: RequestFn, typeId: string): Promise<string> => {
  const path = `/api/v1/meta/types/user/${encodeURIComponent(typeId)}`
  const { body } = await request({ method: 'GET', path })
  const { href } = readAs(typeSchema, body, 'a user type')._links.schema
  const id = href.split(/[?#]/)[0]?.split('/').at(-1)
  if (!id) throw unusableAnswer('the answer is not a user type')
  return id
}

/**
 * @param typeId a user type other than the default one
 * @throws OktaRejection `okta_not_found` where there is no such type
 */
export const readUserSchema = async (request: RequestFn, typeId?: string): Promise<UserSchema> => {
  const id = typeId === undefined ? 'default' : await schemaIdOf(request, typeId)
  const path = `/api/v1/meta/schemas/user/${encodeURIComponent(id)}`
  const { body } = await request({ method: 'GET', path })
  const { base, custom } = readAs(schema, body, 'a user schema').definitions
  return new Map([...attributesOf(base, false), ...attributesOf(custom, true)])
}
