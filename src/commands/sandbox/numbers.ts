/** Numbers as the values of the sandbox's options. */
import { InvalidArgumentError } from 'commander'

/** @throws InvalidArgumentError, which commander turns into the usage's exit code */
export const numberWithin =
  (accepts: (value: number) => boolean) =>
  (text: string): number => {
    const value = Number(text)
    if (text.trim() === '' || !accepts(value))
      throw new InvalidArgumentError('It is not a number in the allowed range.')
    return value
  }

export const integerUpTo = (max: number) =>
  numberWithin((value) => Number.isInteger(value) && value >= 0 && value <= max)
