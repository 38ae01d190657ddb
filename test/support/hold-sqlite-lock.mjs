/** A thread that writes to a new SQLite file, and holds its lock for some time. */
import Database from 'better-sqlite3'
import { parentPort, workerData } from 'node:worker_threads'

const db = new Database(workerData.path)
db.exec('CREATE TABLE t (n INTEGER); BEGIN IMMEDIATE; INSERT INTO t VALUES (1)')
parentPort.postMessage('locked')
setTimeout(() => {
  db.exec('COMMIT')
  db.close()
}, workerData.ms)
