/** Draws the diagrams of the documents: `npm run diagrams` writes docs/diagrams/*.svg. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const DIRECTORY = new URL('../docs/diagrams/', import.meta.url)

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const tag = (name: string, attributes: Readonly<Record<string, string | number>>, body = '') => {
  const list = Object.entries(attributes).map(([key, value]) => ` ${key}="${value}"`)
  return body === '' ? `<${name}${list.join('')}/>` : `<${name}${list.join('')}>${body}</${name}>`
}

/** Text, and not outlines of letters: it can be searched, copied and read aloud. */
const text = (x: number, y: number, words: string, kind = 'words', anchor = 'middle'): string =>
  tag('text', { x, y, class: kind, 'text-anchor': anchor }, escaped(words))

const box = (x: number, y: number, width: number, lines: readonly string[], kind = 'box') => {
  const height = 20 + lines.length * 18
  const middle = x + width / 2
  return [
    tag('rect', { x, y, width, height, rx: 6, class: kind }),
    ...lines.map((line, index) =>
      text(middle, y + 23 + index * 18, line, index === 0 ? 'name' : 'words'),
    ),
  ].join('\n')
}

const arrow = (x1: number, y1: number, x2: number, y2: number, kind = 'arrow'): string =>
  tag('line', { x1, y1, x2, y2, class: kind, 'marker-end': 'url(#head)' })

const STYLE = `
  svg { font: 14px system-ui, 'Segoe UI', Helvetica, Arial, sans-serif; }
  .ground { fill: #fff; } .box { fill: #f3f5f8; stroke: #57606a; } .ours { fill: #ddeeff; stroke: #0550ae; }
  .name { fill: #1f2328; font-weight: 600; } .words { fill: #1f2328; } .small { fill: #57606a; font-size: 12px; }
  .life { stroke: #8c959f; stroke-dasharray: 3 4; } .arrow { stroke: #1f2328; stroke-width: 1.4; } .head { fill: #1f2328; }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117; } .box { fill: #1c2128; stroke: #8b949e; } .ours { fill: #10274a; stroke: #79c0ff; }
    .name, .words { fill: #f0f3f6; } .small { fill: #b1bac4; } .life { stroke: #6e7681; }
    .arrow { stroke: #f0f3f6; } .head { fill: #f0f3f6; }
  }
`

const HEAD = tag(
  'marker',
  {
    id: 'head',
    viewBox: '0 0 8 8',
    refX: 8,
    refY: 4,
    markerWidth: 8,
    markerHeight: 8,
    orient: 'auto',
  },
  tag('path', { d: 'M0 0 L8 4 L0 8 Z', class: 'head' }),
)

/** @param about what a person hears who cannot see it */
const svg = (
  width: number,
  height: number,
  title: string,
  about: string,
  parts: readonly string[],
) =>
  `${tag(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      ...{ width, height, viewBox: `0 0 ${width} ${height}`, role: 'img' },
      'aria-labelledby': 'title about',
    },
    [
      `\n<title id="title">${escaped(title)}</title>`,
      `<desc id="about">${escaped(about)}</desc>`,
      `<style>${STYLE}</style>`,
      `<defs>${HEAD}</defs>`,
      tag('rect', { width, height, class: 'ground' }),
      ...parts,
      '',
    ].join('\n'),
  )}\n`

const ACTORS = ['Person', 'Okta', 'Hook server', 'Legacy store'] as const
const X = [90, 300, 530, 740] as const

/** One call or answer: from which actor to which one, and what. */
type Message = readonly [from: 0 | 1 | 2 | 3, to: 0 | 1 | 2 | 3, words: string]

const MESSAGES: readonly Message[] = [
  [0, 1, 'login and password'],
  [1, 2, 'both, with the secret'],
  [2, 3, 'SELECT by the login'],
  [3, 2, 'one account, its hash'],
  [2, 2, 'computes the hash'],
  [2, 1, 'VERIFIED'],
  [1, 1, 'keeps the password'],
  [1, 0, 'signed in'],
]

const message = ([from, to, words]: Message, index: number): string => {
  const y = 110 + index * 44
  const [x1, x2] = [X[from], X[to]]
  if (from === to)
    return [
      tag('circle', { cx: x1, cy: y, r: 4, class: 'head' }),
      text(x1 + 12, y + 5, words, 'words', 'start'),
    ].join('\n')
  return [arrow(x1, y, x2, y), text((x1 + x2) / 2, y - 7, words)].join('\n')
}

const signIn = (): string => {
  const end = 110 + MESSAGES.length * 44
  const lines = X.map((x) => tag('line', { x1: x, y1: 60, x2: x, y2: end - 20, class: 'life' }))
  const heads = ACTORS.map((name, index) =>
    box((X[index] ?? 0) - 70, 20, 140, [name], index === 2 ? 'ours' : 'box'),
  )
  return svg(
    840,
    end + 50,
    'One sign-in',
    'A person types login and password. Okta sends both to the hook server, which looks up the account, computes its hash and answers VERIFIED. Okta keeps the password and never asks again.',
    [
      ...lines,
      ...heads,
      ...MESSAGES.map(message),
      text(
        420,
        end + 10,
        'All of this within 3 seconds, once for each person: after it, Okta does not ask again.',
        'small',
      ),
      text(
        420,
        end + 30,
        'A wrong password is UNVERIFIED. An outage is a 503, and never looks like a wrong password.',
        'small',
      ),
    ],
  )
}

const chain = (
  steps: readonly (readonly string[])[],
  ours: readonly number[],
  y: number,
): string[] =>
  steps.flatMap((lines, index) => {
    const x = 20 + index * 205
    const next = index < steps.length - 1 ? [arrow(x + 165, y + 37, x + 201, y + 37)] : []
    return [box(x, y, 165, lines, ours.includes(index) ? 'ours' : 'box'), ...next]
  })

const row = (): string =>
  svg(
    840,
    250,
    'One row of an import',
    'A row is read, checked, written down as an intent in the journal, sent to Okta, and its result is written down. If the answer is lost, Okta is asked whether the user exists.',
    [
      ...chain(
        [
          ['Row', 'CSV, JSON or SQL'],
          ['Check', 'columns, profile'],
          ['Journal', '"about to be sent"'],
          ['Okta', 'creates the user'],
        ],
        [1, 2],
        30,
      ),
      arrow(717, 88, 717, 136),
      text(727, 116, 'answer', 'small', 'start'),
      box(635, 140, 165, ['Journal', '"created", and the id'], 'ours'),
      arrow(102, 88, 102, 136),
      arrow(307, 88, 190, 136),
      text(265, 122, 'wrong', 'small', 'start'),
      box(20, 140, 165, ['Skipped, rejected', 'file with the reason'], 'box'),
      arrow(655, 88, 519, 158),
      box(350, 140, 165, ['Answer lost, killed?', 'ask Okta, go on'], 'ours'),
      arrow(432, 140, 500, 91),
      text(
        420,
        232,
        'The same command again goes on where it stopped: no user is lost, and none is created twice.',
        'small',
      ),
    ],
  )

const PHASES: readonly (readonly string[])[] = [
  ['Before', 'audit', 'register', 'rehearse'],
  ['First day', 'import', 'users list', 'decisions'],
  ['Weeks', 'status', 'who', 'reconcile'],
  ['The end', 'cutoff plan', 'cutoff close', 'cutoff purge'],
]

const campaign = (): string =>
  svg(
    840,
    330,
    'The campaign',
    'Before: audit, register, rehearse. First day: import. For weeks people move one by one, counted by status. At the end the hook is closed, and the hashes are purged.',
    [
      ...PHASES.flatMap((lines, index) => {
        const x = 20 + index * 205
        const next = index < PHASES.length - 1 ? [arrow(x + 165, 75, x + 201, 75)] : []
        return [box(x, 30, 165, lines, 'ours'), ...next]
      }),
      text(20, 170, 'who has moved', 'name', 'start'),
      tag('line', { x1: 20, y1: 290, x2: 820, y2: 290, class: 'life' }),
      tag('path', {
        d: 'M 225 290 C 300 200, 420 196, 712 190 L 820 190',
        class: 'arrow',
        fill: 'none',
      }),
      tag('line', { x1: 225, y1: 180, x2: 225, y2: 290, class: 'life' }),
      tag('line', { x1: 712, y1: 180, x2: 712, y2: 290, class: 'life' }),
      text(225, 310, 'go-live', 'small'),
      text(712, 310, 'the hook is closed', 'small'),
      text(470, 260, 'each person at their own first sign-in; nobody is reset', 'words'),
      text(820, 172, 'those who never came can use "forgot password"', 'small', 'end'),
    ],
  )

export const DIAGRAMS: Readonly<Record<string, string>> = {
  'one-sign-in.svg': signIn(),
  'one-row.svg': row(),
  'campaign.svg': campaign(),
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(DIRECTORY, { recursive: true })
  for (const [name, content] of Object.entries(DIAGRAMS))
    writeFileSync(new URL(name, DIRECTORY), content)
}
