/** Questions that Okta's documents leave open, each with the answers that an org may give. */
import * as z from 'zod'
import { createControl } from './http/controls.ts'

/** The first answer is the usual one. */
export const SWITCHES = {
  inactiveHook: {
    question: 'What does the System Log say of a sign-in while the hook is inactive?',
    answers: ['failed-session', 'failed-import'],
  },
  importTarget: {
    question: 'Does user.import.password name the user as its target?',
    answers: ['user', 'nobody'],
  },
  providerAtReset: {
    question: 'What is the provider right after an admin has reset the password?',
    answers: ['IMPORT', 'OKTA'],
  },
  providerAfterReset: {
    question: 'And after the person has set a password by a link, with a hook still to be called?',
    answers: ['OKTA', 'IMPORT'],
  },
  hookSetAgain: {
    question: 'What is the status when password.hook is set again on a user in RECOVERY?',
    answers: ['RECOVERY', 'ACTIVE'],
  },
  forgotWithHook: {
    question: 'May a person with a hook still to be called use "forgot password"?',
    answers: ['allowed', 'refused'],
  },
  hookFailures: {
    question: 'Do passwords that the hook does not verify count towards a lockout?',
    answers: ['ignored', 'counted'],
  },
  eventFilters: {
    question: 'Does the org take event hooks with filters (Early Access)?',
    answers: ['taken', 'refused'],
  },
} as const

type Table = typeof SWITCHES

export type Switches = {
  readonly [Name in keyof Table]: Table[Name]['answers'][number]
}

export const switchSchema = z.strictObject(
  Object.fromEntries(
    Object.entries(SWITCHES).map(([name, { answers }]) => [
      name,
      z.enum(answers).default(answers[0]),
    ]),
  ),
) as unknown as z.ZodType<Switches, Partial<Switches>>

export const createSwitches = (settings: Partial<Switches>) =>
  createControl(switchSchema, settings, 'switches')

export const SWITCHES_PATH = '/sandbox/switches'
