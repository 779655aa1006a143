// SPDX-License-Identifier: Apache-2.0
import type { Logger } from '../lib/log.ts'
import { Refused } from '../lib/refused.ts'

/** RFC 9457 problem details, as sent with `application/problem+json`. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  /** The refusal's code; `INTERNAL` for a bug. */
  readonly code: string
  readonly request_id: string
  readonly pointer?: string
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'The request is not well formed',
  401: 'Sign in first',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Asked in another way than it is answered',
  409: 'In conflict with the present state',
  413: 'Too large',
  415: 'Unsupported type',
  422: 'Refused by a rule',
  429: 'Too many requests',
  500: 'Something in Assay broke',
  503: 'Not available just now',
  507: 'No space left',
}

/** Refusals of the same status that whoever is just signing in must not read as "sign in first". */
const NOT_LET_IN = { WRONG_CREDENTIALS: true, WRONG_CODE: true, CODE_USED: true }

/** What a caller is told about an error. A bug says nothing outward but the id under which it was logged. */
export function problemOf(error: unknown, request_id: string): Problem {
  if (error instanceof Refused) {
    const errors = error.code === 'INVALID_INPUT' ? splitIssues(error.message) : undefined
    return {
      type: `urn:assay:problem:${error.code.toLowerCase().replaceAll('_', '-')}`,
      title: error.code in NOT_LET_IN ? 'Not let in' : (TITLES[error.status] ?? 'Refused'),
      status: error.status,
      detail: error.message,
      code: error.code,
      request_id,
      ...(error.pointer === undefined ? {} : { pointer: error.pointer }),
      ...(errors ? { errors } : {}),
    }
  }
  const status = statusOf(error)
  if (status !== undefined && error instanceof Error)
    return {
      type: 'about:blank',
      title: TITLES[status] ?? 'Refused',
      status,
      detail: error.message,
      code: 'HTTP',
      request_id,
    }
  return {
    type: 'urn:assay:problem:internal',
    title: TITLES[500]!, // in the table above
    status: 500,
    detail: `nothing was changed; the cause is in the server's log under ${request_id}`,
    code: 'INTERNAL',
    request_id,
  }
}

/** Keeps the cause of a bug, or of a lack of space or database, for the operators. Other refusals are no news to them. */
export function logFailure(
  log: Logger,
  error: unknown,
  request: { readonly id: string; readonly method: string; readonly url: string },
): void {
  if (problemOf(error, request.id).status < 500) return
  log.error(
    {
      request_id: request.id,
      method: request.method,
      path: request.url.split('?')[0],
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    },
    'request failed',
  )
}

/** Errors of the HTTP library (body too large, malformed JSON) carry a client status. */
function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined
  const { statusCode } = error
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : undefined
}

function splitIssues(message: string): { pointer: string; detail: string }[] {
  return message.split('; /').map((part, i) => {
    const text = i === 0 ? part : '/' + part
    const cut = text.startsWith('/') ? text.indexOf(': ') : -1
    return cut < 0 ? { pointer: '', detail: text } : { pointer: text.slice(0, cut), detail: text.slice(cut + 2) }
  })
}
