/** Reads the templates of an operator, one a line, and checks each. */
import { isOutOfBounds, type Bounds } from '../bounds.ts'
import type { Family } from '../family.ts'
import { checkTemplate } from './checks.ts'
import { compileTemplate } from './compile.ts'
import { PRESET_NAMES, presetNamed, type Preset } from './presets.ts'
import { nearest, TemplateProblem } from './problem.ts'

/** Which template cannot be used, and why. Its message has nothing of what stands in quotes in it. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError'

  constructor(line: number, { column, message }: TemplateProblem) {
    super(`line ${line}, column ${column}: ${message}`)
  }
}

export interface TemplateSettings {
  readonly bounds: Bounds
  /** What `$pepper` stands for. */
  readonly pepper?: string | undefined
}

const checkPreset = ({ family, sample }: Preset, bounds: Bounds, column: number): void => {
  const plan = sample === undefined ? undefined : family.parse(sample)
  if (plan && !('flaw' in plan) && isOutOfBounds(plan, bounds)) {
    throw new TemplateProblem('this takes more time than a check may', column)
  }
}

const familyOf = (line: string, { bounds, pepper }: TemplateSettings): Family => {
  const word = line.trim()
  const column = line.length - line.trimStart().length + 1
  const preset = presetNamed(word)
  if (preset) {
    checkPreset(preset, bounds, column)
    return preset.family
  }
  if (/^[a-z\d-]+$/i.test(word)) {
    const meant = nearest(word, PRESET_NAMES)
    throw new TemplateProblem(`there is no format of this name; did you mean ${meant}?`, column)
  }
  const template = compileTemplate(line, pepper)
  checkTemplate(template, bounds)
  return template.family
}

/**
 * Rows that have a shape are read by its template alone.
 * @throws TemplateError for the first line that cannot be used
 */
export const compileTemplates = (text: string, settings: TemplateSettings): readonly Family[] => {
  const lineOfShape = new Map<string, number>()
  return text.split(/\r?\n/).flatMap((line, i) => {
    if (line.trim() === '') return []
    try {
      const family = familyOf(line, settings)
      const earlier = lineOfShape.get(family.claims.source)
      if (earlier !== undefined) {
        throw new TemplateProblem(`line ${earlier} takes all rows of this shape`, 1)
      }
      lineOfShape.set(family.claims.source, i + 1)
      return [family]
    } catch (err) {
      throw err instanceof TemplateProblem ? new TemplateError(i + 1, err) : err
    }
  })
}
