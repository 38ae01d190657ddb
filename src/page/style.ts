/** The style of the page, and the header that allows it and nothing else. */
import { createHash } from 'node:crypto'

export const STYLE = `
:root { color-scheme: light dark; --ink: #1a1a1a; --soft: #5b6170; --line: #d9dce3; --paper: #fff; --card: #f7f8fa;
  --blue: #1f57a8; --fan: #b9cdea; --warm: #a84b00 }
@media (prefers-color-scheme: dark) { :root { --ink: #ececec; --soft: #a9b0be; --line: #3a3f4a; --paper: #15171c;
  --card: #1e2128; --blue: #7fb0f5; --fan: #2c4a75; --warm: #f0a35e } }
body { margin: 0 auto; max-width: 55rem; padding: 1rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.45 system-ui, sans-serif }
h1 { font-size: 1.4rem; margin: 0 0 .2rem; overflow-wrap: anywhere } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem }
p { margin: .3rem 0; overflow-wrap: anywhere } .soft { color: var(--soft) } .warning { color: var(--warm) }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .6rem; margin: 1rem 0 }
dl div { display: flex; flex-direction: column-reverse; justify-content: flex-end; padding: .7rem; border-radius: .4rem;
  background: var(--card); border: 1px solid var(--line) }
dd { margin: 0; font-size: 1.5rem; font-weight: 650 } dt { color: var(--soft) }
section { overflow-x: auto } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
caption { text-align: left; color: var(--soft); padding-bottom: .3rem }
th, td { text-align: right; padding: .35rem .3rem; border-bottom: 1px solid var(--line); vertical-align: bottom }
td { white-space: nowrap }
th:first-child { text-align: left; font-weight: 400; overflow-wrap: anywhere; min-width: 4.5rem } thead th { color: var(--soft); font-weight: 400 }
svg { width: 100%; height: auto; display: block; fill: none } svg.narrow { display: none }
@media (max-width: 600px) { svg.wide { display: none } svg.narrow { display: block } table { font-size: .8rem }
  td { white-space: normal } }
svg text { fill: var(--soft); font: 12px system-ui, sans-serif } .grid { stroke: var(--line) }
.moved { stroke: var(--blue); stroke-width: 2.5 } .foretold { stroke: var(--blue); stroke-width: 2; stroke-dasharray: 5 4 }
.fan { fill: var(--fan) } .bar { fill: var(--blue) } .cut-off { stroke: var(--warm); stroke-width: 1.5 }
details { margin: .5rem 0 } summary { color: var(--soft); cursor: pointer }
`

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')

/** Nothing runs, nothing is loaded, and nobody can put the page into a frame. */
export const PAGE_HEADERS = {
  'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
} as const
