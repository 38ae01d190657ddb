/** Writes one line of CSV. */

const quote = (field: string): string =>
  /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field

/** Quoted where RFC 4180 requires it. */
export const csvLine = (fields: readonly string[]): string => `${fields.map(quote).join(',')}\r\n`
