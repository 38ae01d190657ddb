/** Owns what MySQL's types become, wherever the driver mysql2 reads them. */
import type { TypeCast } from 'mysql2'

const asWhole = (value: unknown): unknown =>
  typeof value === 'string' && /^-?\d+$/.test(value) ? BigInt(value) : value

const asBits = (value: unknown): unknown =>
  Buffer.isBuffer(value) ? BigInt(`0x${value.toString('hex')}`) : value

/** CHAR(n) may come filled up with spaces (PAD_CHAR_TO_FULL_LENGTH), and BINARY(n) comes so with NUL. */
const unpadded = (value: unknown): unknown => {
  if (Buffer.isBuffer(value)) return value.toString('latin1').replace(/\0+$/, '')
  return typeof value === 'string' ? value.replace(/ +$/, '') : value
}

const CASTS: Readonly<Record<string, (value: unknown) => unknown>> = {
  BIT: asBits,
  NEWDECIMAL: asWhole,
  STRING: unpadded,
}

/** As the driver takes it. */
export const typeCast: TypeCast = ({ type }, next) => {
  const value = next()
  return CASTS[type]?.(value) ?? value
}
