/** Writes one line of CSV. */

const quote = (field: string): string =>
  /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field

/** Quoted where RFC 4180 requires it. */
export const csvLine = (fields: readonly string[]): string => `${fields.map(quote).join(',')}\r\n`

/** Spreadsheets run such a cell as a formula (OWASP, "CSV Injection"); a number is none. */
const FORMULA = /^[=+\-@\t\r](?!\d+(?:\.\d+)?$)/

/** For people, who open it in a spreadsheet: a cell that would be a formula begins with an apostrophe. */
export const spreadsheetLine = (fields: readonly string[]): string =>
  csvLine(fields.map((field) => (FORMULA.test(field) ? `'${field}` : field)))
