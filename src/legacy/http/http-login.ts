/** Legacy logins over HTTP: one request for each question, whose answer is bounded and judged by the style. */
import { AppError } from '../../errors/errors.ts'
import { fetchFailureOf } from '../../http/fetch-failure.ts'
import type { HttpReply, HttpRequest } from '../../http/proxied-fetch.ts'
import type { LoginHttpOptions, LoginKind, LoginStyleName } from '../login.ts'
import { COGNITO_STYLE } from './cognito.ts'
import { JSON_STYLE } from './json.ts'
import { OAUTH_PASSWORD_STYLE } from './oauth-password.ts'
import { noVerdict, unexpectedStatus, type LoginStyle } from './style.ts'

const STYLES: Readonly<Record<LoginStyleName, LoginStyle>> = {
  json: JSON_STYLE,
  'oauth-password': OAUTH_PASSWORD_STYLE,
  cognito: COGNITO_STYLE,
}

const isOfType = ({ headers }: HttpReply, mediaType: string): boolean =>
  headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() === mediaType

export const createHttpLogin = (url: URL, options: LoginHttpOptions): LoginKind => {
  const { http, header } = options
  const { request, judge, mediaType, maxBytes } = STYLES[options.style]
  const own = header && { [header.name]: header.value }

  const send = async (
    sent: Omit<HttpRequest, 'maxBytes'>,
  ): Promise<{ reply: HttpReply; text: string }> => {
    try {
      const reply = await http.fetch(url, { ...sent, maxBytes })
      const { text } = reply
      if (text !== undefined) return { reply, text }
    } catch (err) {
      const { kind, reason } = fetchFailureOf(err, url)
      const detail = kind === 'untrusted' ? `${reason}; or set LEGACY_LOGIN_CA_FILE` : reason
      throw new AppError('legacy_unavailable', { detail })
    }
    throw noVerdict(`the answer of the legacy login is longer than ${maxBytes} bytes`)
  }

  return {
    ask: async (question, signal) => {
      const { headers, body } = request(question, options)
      const asked = { accept: mediaType, ...own, ...headers }
      const { reply, text } = await send({ method: 'POST', headers: asked, body, signal })
      const { status } = reply
      if (!isOfType(reply, mediaType)) {
        throw noVerdict(`the legacy login answered ${status} with a body that is not ${mediaType}`)
      }
      return judge({ status, text }, options)
    },
    ping: async (signal) => {
      const { reply } = await send({ method: 'HEAD', headers: { ...own }, signal })
      // To other methods than POST it may say what it likes.
      if (reply.status >= 500) throw unexpectedStatus(reply.status)
    },
    close: () => http.close(),
  }
}
