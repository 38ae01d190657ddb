/** What the start says of the store's hashes, and when it refuses. */
import { hashSync } from 'bcryptjs'
import { describe, expect, it } from 'vitest'
import { logStoreHashes, refuseUncheckedStore } from '../../src/commands/serve/store-hashes.ts'
import { DEFAULT_HASHES } from '../../src/passwords/registry.ts'

const SOUND = hashSync('open sesame', 4)
const DES = 'TOZ4KO1osZKYw'

const times = (count: number, encoded: string): string[] => Array<string>(count).fill(encoded)

const logged = (sampled: readonly string[]) => {
  const lines: unknown[][] = []
  const add = (level: string) => (fields: object, message: string) =>
    void lines.push([level, fields, message])
  logStoreHashes(sampled, DEFAULT_HASHES, { info: add('info'), warn: add('warn') })
  return lines
}

describe('the start', () => {
  it('says nothing of a store without a sample', () => {
    expect(logged([])).toEqual([])
  })

  it('counts the hashes, and accounts without one apart', () => {
    expect(logged([...times(95, SOUND), ...times(5, DES), ...times(30, ' ')])).toEqual([
      [
        'info',
        { sampled: 130, withoutHash: 30, kinds: { 'bcrypt cost 4': 95, 'DES crypt': 5 } },
        'the sampled accounts have these hashes',
      ],
    ])
  })

  it('warns where more than 5 % cannot be checked, with what to do', () => {
    expect(logged([...times(94, SOUND), ...times(6, SOUND.slice(0, 40))])[1]).toEqual([
      'warn',
      { remedies: { truncated: 'The hash is cut off. Is the column too narrow?' } },
      '6 of 100 sampled hashes cannot be checked: these people cannot sign in through the hook',
    ])
  })

  it('does not warn of a few samples', () => {
    expect(logged([...times(18, SOUND), DES]).map(([level]) => level)).toEqual(['info'])
  })

  it.each([
    ['19 hashes of which none can be checked', times(19, DES)],
    ['one among many that can be checked', [...times(400, DES), SOUND]],
    ['a store whose hashes were purged', times(500, '')],
    ['no sample', []],
  ])('goes on with %s', (_, sampled) => {
    expect(() => refuseUncheckedStore(sampled, DEFAULT_HASHES)).not.toThrow()
  })

  it('refuses 20 hashes of which none can be checked, and says what they are', () => {
    expect(() => refuseUncheckedStore([...times(20, DES), ''], DEFAULT_HASHES)).toThrow(
      expect.objectContaining({
        code: 'legacy_unusable',
        detail:
          '  None of 20 sampled hashes can be checked:\n' +
          '    DES crypt: This family is not supported: these people need a new password.\n' +
          '    To start all the same, set LEGACY_ALLOW_UNCHECKED=true.',
      }) as Error,
    )
  })
})
