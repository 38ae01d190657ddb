/** Owns what PostgreSQL's types become, wherever the driver pg reads them. */
import pg from 'pg'

export type Parser = (text: string) => unknown

const { BIT, BOOL, BPCHAR, BYTEA, INT2, INT4, INT8, NUMERIC } = pg.types.builtins

type Parsers = Readonly<Record<number, Parser>>

const asWhole = (text: string): bigint | string => (/^-?\d+$/.test(text) ? BigInt(text) : text)

/** By their number in pg_type. Any other stays the text that the server sends, dates too. */
const COMMON: Parsers = {
  [BOOL]: (text) => text === 't',
  [BYTEA]: pg.types.getTypeParser(BYTEA) as Parser,
  [INT2]: Number,
  [INT4]: Number,
  [INT8]: BigInt,
  [NUMERIC]: asWhole,
  [BIT]: (text) => BigInt(`0b${text}`),
  // CHAR(n) comes filled up with spaces.
  [BPCHAR]: (text) => text.replace(/ +$/, ''),
}

/** As the driver takes it. */
export const typesWith = (more: Parsers) => {
  const parsers = { ...COMMON, ...more }
  return { getTypeParser: (oid: number): Parser => parsers[oid] ?? ((text) => text) }
}
