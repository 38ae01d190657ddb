/** The table of checks of what a start opens last: the certificate of the server, and its ports. */
import { AppError } from '../../errors/errors.ts'
import { occupy, type ListenAddress } from '../../ops/listen.ts'
import { readTls } from '../../ops/tls.ts'
import { codeOf } from '../../sql/failures.ts'
import type { ServerSettings } from '../serve/settings.ts'
import type { LocalDeps } from './local-deps.ts'
import { failedWith, type Check, type Found } from './table.ts'

type PortCheck = Check<LocalDeps>

const tls: PortCheck = {
  name: 'tls',
  needs: ['configuration'],
  run: async ({ settings }) => {
    const files = settings().tls
    if (!files) return [{ level: 'ok', text: 'No TLS_CERT_FILE: the server speaks plain HTTP.' }]
    try {
      const ends = new Date(readTls(files).endsAtMs).toISOString().slice(0, 10)
      return [{ level: 'ok', text: `The certificate and its key can be used, until ${ends}.` }]
    } catch (err) {
      if (!(err instanceof AppError)) throw err
      return [failedWith(`The server cannot use them: ${err.detail}.`, err.row.remedy)]
    }
  },
}

const isInUse = (err: unknown): boolean =>
  err instanceof AppError && codeOf(err.cause) === 'EADDRINUSE'

/** On a free port, since on their own a server may be running. */
const areOneAddress = async (host: string, opsHost: string): Promise<boolean> => {
  const held = await occupy({ host, port: 0 })
  try {
    await (await occupy({ host: opsHost, port: held.port })).free()
    return false
  } catch (err) {
    if (isInUse(err)) return true
    throw err
  } finally {
    await held.free()
  }
}

const wouldClash = async ({ host, port, ops }: ServerSettings): Promise<boolean> => {
  if (port === 0 || ops?.port !== port) return false
  // An address that cannot be used at all is reported with its port, below.
  return areOneAddress(host, ops.host).catch(() => false)
}

const RUNNING =
  'Nothing, if it is. If not, choose another port, or stop the process that uses it: a server would not start.'

const tryPlace = async (place: ListenAddress): Promise<Found> => {
  const name = `${place.host}:${place.port}`
  try {
    await (await occupy(place)).free()
    const text = place.port === 0 ? `${place.host} has a free port.` : `${name} is free.`
    return { level: 'ok', text }
  } catch (err) {
    if (!(err instanceof AppError)) throw err
    if (!isInUse(err)) return failedWith(`The server cannot use ${err.detail}.`, err.row.remedy)
    const text = `${name} is in use: is the server running already?`
    return { level: 'warning', text, fix: RUNNING }
  }
}

const listen: PortCheck = {
  name: 'listen',
  needs: ['configuration'],
  run: async ({ settings }) => {
    const { host, port, ops } = settings()
    if (await wouldClash(settings())) {
      const text = `PORT and OPS_PORT are both ${port}, and only one of them can have it.`
      return [failedWith(text, 'Set OPS_PORT to another port, such as 9464.')]
    }
    const found = [await tryPlace({ host, port })]
    return ops ? [...found, await tryPlace(ops)] : found
  },
}

/** In the order of a start. */
export const PORT_CHECKS: readonly PortCheck[] = [tls, listen]
