/** A hook as people usually write it: Express, bcrypt, accounts by login; nothing else. */
import bcrypt from 'bcrypt'
import Database from 'better-sqlite3'
import express from 'express'

const db = new Database(process.env.LEGACY_DB_URL.replace(/^sqlite:/, ''), { readonly: true })
const find = db.prepare('SELECT password_hash AS hash FROM accounts WHERE login = ?')

const app = express()
app.use(express.json())
app.post('/hooks/okta/password-import', async (req, res) => {
  if (req.headers.authorization !== process.env.HOOK_SECRET) return res.sendStatus(401)
  const { username, password } = req.body.data.context.credential
  const account = find.get(username)
  const isMatch = account !== undefined && (await bcrypt.compare(password, account.hash))
  const credential = isMatch ? 'VERIFIED' : 'UNVERIFIED'
  res.json({ commands: [{ type: 'com.okta.action.update', value: { credential } }] })
})
const server = app.listen(0, '127.0.0.1', () => {
  process.stdout.write(`{"url":"http://127.0.0.1:${server.address().port}"}\n`)
})
process.on('SIGTERM', () => process.exit(0))
