/** Guesses from names which table holds the accounts, and what its columns are. */
import type { LegacyTable, TableColumn } from './schema.ts'

/** What a column can be. */
export type AccountPart = 'login' | 'hash' | 'id' | 'email' | 'firstName' | 'lastName' | 'lastLogin'

/** Names in small letters, without signs: `Encrypted_Password` is `encryptedpassword`. */
const NAMES: Readonly<Record<AccountPart, string>> = {
  login: 'login username userlogin loginname loginid useremail email emailaddress mail',
  hash: 'passwordhash encryptedpassword hashedpassword cryptedpassword passworddigest userpass userpassword password passwd pwd pw pass passhash pwhash',
  id: 'id userid uid accountid customerid memberid',
  email: 'email emailaddress useremail mail',
  firstName: 'firstname givenname fname first vorname prenom',
  lastName: 'lastname surname familyname lname last nachname',
  lastLogin: 'lastlogin lastloginat lastsigninat currentsigninat lastseen lastseenat lastlogindate',
}

export const plainName = (name: string): string => name.toLowerCase().replace(/[^a-z\d]/g, '')

/** The columns with one of these names, the best name first. */
const columnsNamed = (names: string, { columns }: LegacyTable): TableColumn[] =>
  names.split(' ').flatMap((name) => columns.filter((column) => plainName(column.name) === name))

export const candidatesFor = (part: AccountPart, table: LegacyTable): string[] =>
  columnsNamed(NAMES[part], table)
    .filter(({ type }) => part !== 'hash' || type === 'text' || type === 'other')
    .map(({ name }) => name)

export const tableName = ({ path }: LegacyTable): string => path.join('.')

/** The tables that have a hash and a login. */
export const accountTables = (tables: readonly LegacyTable[]): LegacyTable[] =>
  tables.filter((table) =>
    (['hash', 'login'] as const).every((part) => candidatesFor(part, table).length > 0),
  )
