/** The table of failures: complete, consistent, and the only source of failure answers. */
import { describe, expect, it } from 'vitest'
import { CALL_ERRORS, ROUTE_ERRORS } from '../../src/errors/call-errors.ts'
import { EXIT_CODES, type ErrorRow } from '../../src/errors/error-row.ts'
import { AppError, describeUnforeseen, ERRORS } from '../../src/errors/errors.ts'
import { sourceFiles } from '../support/sources.ts'

const ROWS: readonly (readonly [string, ErrorRow])[] = Object.entries(ERRORS)

describe('each row', () => {
  it.each(ROWS)('%s has a sentence, a remedy, and a place where it shows', (_, row) => {
    expect(row.sentence).toMatch(/^[A-Z].+\.$/)
    expect(row.remedy).toMatch(/^[A-Z].+\.$/)
    expect(row.status ?? row.exit).toBeDefined()
    if (row.exit !== undefined) expect(EXIT_CODES).toHaveProperty(String(row.exit))
  })

  it.each(ROWS)('%s is raised somewhere', (code) => {
    const raised = new RegExp(`'${code}'`)
    const raisers = sourceFiles().filter(({ text }) => raised.test(text))
    expect(raisers.length).toBeGreaterThan(0)
  })
})

describe('calls', () => {
  it('have a status each, and no error for another path or method', () => {
    for (const { status } of Object.values(CALL_ERRORS)) {
      expect(status).toBeGreaterThanOrEqual(400)
      expect([404, 405]).not.toContain(status)
    }
    expect(Object.values(ROUTE_ERRORS).map(({ status }) => status)).toEqual([404, 405])
  })
})

describe('AppError', () => {
  it('has the public sentence as its message, and keeps the detail separate', () => {
    const err = new AppError('overloaded', { detail: 'inside' })
    expect(err.message).toBe(ERRORS.overloaded.sentence)
    expect(err.row).toBe(ERRORS.overloaded)
  })
})

describe('describeUnforeseen', () => {
  it('gives type, code and place, never the message', () => {
    const err = Object.assign(new SyntaxError('"marked\n    at marked" is not JSON'), {
      code: 'E1',
    })
    const description = describeUnforeseen(err)
    expect(description).toMatchObject({ type: 'SyntaxError', code: 'E1' })
    expect(JSON.stringify(description)).toContain('errors.test.ts')
    expect(JSON.stringify(description)).not.toContain('marked')
    expect(describeUnforeseen('marked')).toEqual({ type: 'string' })
  })
})
