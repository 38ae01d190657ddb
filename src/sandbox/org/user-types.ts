/** The user types of an org, each with its profile schema ("User Types"). */
import { notFound } from '../http/errors.ts'
import { makeId } from '../ids.ts'
import { createUserSchema, type SchemaSettings, type OrgUserSchema } from './schema.ts'

export interface UserTypeSettings {
  readonly name: string
  /** If none, the schema of the default type. */
  readonly schema?: SchemaSettings
}

export interface UserType {
  readonly id: string
  readonly schemaId: string
  readonly name: string
  readonly isDefault: boolean
  readonly schema: OrgUserSchema
}

export interface UserTypesSettings {
  readonly attributes?: readonly string[]
  readonly schema?: SchemaSettings
  readonly userTypes?: readonly UserTypeSettings[]
}

export const createUserTypes = (settings: UserTypesSettings) => {
  const { attributes, schema: usual, userTypes = [] } = settings
  const make = ({ name, schema = usual }: UserTypeSettings, index: number): UserType => ({
    id: makeId('oty', index),
    schemaId: makeId('osc', index),
    name,
    isDefault: index === 0,
    schema: createUserSchema(schema, attributes),
  })
  const first = make({ name: 'user' }, 0)
  const list = [first, ...userTypes.map((type, index) => make(type, index + 1))]
  return {
    default: first,
    list,
    byId: (id: string) => list.find((type) => type.id === id),
    /** @throws OktaError E0000007 */
    bySchemaId(id: string): UserType {
      const type = list.find(({ schemaId }) => schemaId === id)
      if (id !== 'default' && !type) throw notFound(id, 'UserSchema')
      return type ?? first
    },
    /** The schema of the first type that has the attribute. */
    attribute: (name: string) =>
      list.find(({ schema }) => schema.all.has(name))?.schema.all.get(name),
  }
}

export type UserTypes = ReturnType<typeof createUserTypes>

export const schemaHref = (origin: string, { schemaId }: UserType): string =>
  `${origin}/api/v1/meta/schemas/user/${schemaId}`

export const typeHref = (origin: string, { id }: UserType): string =>
  `${origin}/api/v1/meta/types/user/${id}`

/** The type as the User Types API shows it. */
export const typeView = (type: UserType, origin: string, now: string): object => ({
  id: type.id,
  name: type.name,
  displayName: type.isDefault ? 'User' : type.name,
  description: type.isDefault ? 'Okta user profile template with default permission settings' : '',
  createdBy: 'sprsandbox0000000000',
  lastUpdatedBy: 'sprsandbox0000000000',
  created: now,
  lastUpdated: now,
  default: type.isDefault,
  _links: {
    schema: { rel: 'schema', href: schemaHref(origin, type), method: 'GET' },
    self: { rel: 'self', href: typeHref(origin, type), method: 'GET' },
  },
})
