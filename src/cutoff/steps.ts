/** The steps of a cut-off: from which phase each may start, to which it leads, and what undoes it. */

/** How far a cut-off is, as the steps that are done say. */
export type CutOffPhase = 'new' | 'planned' | 'closed' | 'reopened' | 'purged'

interface StepRow {
  readonly from: readonly CutOffPhase[]
  /** Undefined where the phase stays. */
  readonly to: CutOffPhase | undefined
  readonly does: string
  readonly calls: string
  readonly undo: string
}

export const CUT_OFF_STEPS = {
  plan: {
    from: ['new', 'planned', 'closed', 'reopened', 'purged'],
    to: 'planned',
    does: 'read what is there, and send nothing',
    calls: '',
    undo: '',
  },
  close: {
    from: ['planned', 'closed'],
    to: 'closed',
    does: 'deactivate the inline hook',
    calls: '1 call',
    undo: 'undone by: okta-migrate cutoff reopen',
  },
  watch: {
    from: ['closed', 'purged'],
    to: undefined,
    does: 'read the System Log for who is refused',
    calls: '1 call a minute',
    undo: 'changes nothing',
  },
  reset: {
    from: ['closed'],
    to: undefined,
    does: 'reset nobody, unless you say whom',
    calls: '2 calls a person',
    undo: 'CANNOT BE UNDONE',
  },
  purge: {
    from: ['closed', 'purged'],
    to: 'purged',
    does: 'write SQL that removes hashes, for your DBA',
    calls: 'lists all users',
    undo: 'CANNOT BE UNDONE once it was run',
  },
  reopen: {
    from: ['planned', 'closed', 'reopened', 'purged'],
    to: 'reopened',
    does: 'activate the inline hook again',
    calls: '1 call',
    undo: 'ended again by: plan, then close',
  },
} as const satisfies Readonly<Record<string, StepRow>>

export type CutOffStep = keyof typeof CUT_OFF_STEPS

/** What a person is to do first, by the phase in which a step was tried. */
export const FIRST: Readonly<Record<CutOffPhase, string>> = {
  new: 'Run okta-migrate cutoff plan first, and correct what it finds.',
  planned: 'Run okta-migrate cutoff close first.',
  closed: 'The hook is closed.',
  reopened: 'The hook is open again. Run okta-migrate cutoff plan first, and then close.',
  purged:
    'The hook is closed, and purge has written SQL that removes hashes. The way back: okta-migrate cutoff reopen.',
}
