/** A process that is killed while it makes the state of a campaign anew, with more on the disk than SQLite's cache holds. */
import { openCampaignState } from '../../src/campaign/state/state-file.ts'

const state = openCampaignState(process.argv[2])
await state.replace(async () => {
  const add = state.db.prepare(
    "INSERT INTO people (login, verified, unverified, native, state) VALUES (?, 0, 0, 0, 'silent')",
  )
  for (let i = 0; i < 20_000; i++) add.run(`${i}`.padEnd(1_000, 'x'))
  process.kill(process.pid, 'SIGKILL')
  await new Promise(() => undefined)
})
