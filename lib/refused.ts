// SPDX-License-Identifier: Apache-2.0

/** How the doors answer a refusal; the HTTP status of RFC 9457 problem details. */
export type RefusalStatus = 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 422 | 429 | 503 | 507

/**
 * An expected "no": the caller asked for something a rule, a permission or a limit does not allow.
 * `code` is a closed word of the slice; `message` says what was wanted and what came; `pointer` is the JSON pointer
 * (RFC 6901) of the field at fault, where there is one. Nothing was changed when it is thrown.
 */
export class Refused extends Error {
  readonly code: string
  readonly status: RefusalStatus
  readonly pointer: string | undefined
  /** Seconds after which it makes sense to try again; the `Retry-After` of a 429 or 503. */
  readonly retry_after_s: number | undefined
  constructor(
    code: string,
    message: string,
    options: { status?: RefusalStatus; pointer?: string; retry_after_s?: number } = {},
  ) {
    super(message)
    this.name = 'Refused'
    this.code = code
    this.status = options.status ?? 422
    this.pointer = options.pointer
    this.retry_after_s = options.retry_after_s
  }
}

/** A bug, not a refusal: crashes the operation, is logged with the request id, and says nothing outward. */
export function invariant(condition: unknown, whatToCheck: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${whatToCheck}`)
}
