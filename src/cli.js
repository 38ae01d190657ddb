#!/usr/bin/env node
/** Starts the command, or tells an older Node.js in one sentence what to do. */

// Node.js would open an inspector at this signal, to which any process of the machine may connect.
process.on('SIGUSR1', () => undefined)

// Plain JavaScript without a static import: an older Node.js fails on those before this line runs.
// package.json, `engines`, says the same.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `okta-migrate: Node.js ${process.versions.node} is too old: this program needs 22.18 or later. ` +
      'Install Node.js 24 (https://nodejs.org), or run it by npm in a checkout, which brings its own: npm start\n',
  )
  process.exitCode = 2
} else if (import.meta.url.endsWith('/src/cli.js') && !('WebAssembly' in globalThis)) {
  process.stderr.write(
    'okta-migrate: this Node.js forbids WebAssembly (--jitless), which it needs itself to run TypeScript. ' +
      'Leave that option out, or run the build: npm run build && node dist/cli.js\n',
  )
  process.exitCode = 2
} else void import('./main.ts')
