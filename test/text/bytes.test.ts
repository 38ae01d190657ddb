/** Bytes in words. */
import { expect, it } from 'vitest'
import { describeBytes } from '../../src/text/bytes.ts'

it.each([
  [0, '0 KiB'],
  [100, '0.1 KiB'],
  [4096, '4 KiB'],
  [1024 ** 2 - 1, '1024 KiB'],
  [1.25 * 1024 ** 2, '1.3 MiB'],
  [526 * 1024 ** 2, '526 MiB'],
  [3 * 1024 ** 4, '3 TiB'],
  [3000 * 1024 ** 4, '3000 TiB'],
])('%d is %s', (bytes, words) => {
  expect(describeBytes(bytes)).toBe(words)
})
