// SPDX-License-Identifier: Apache-2.0

/** Why a source could not be read. Closed: each word has its outcome (features/connections/reading.ts). */
export type TroubleKind =
  /** The source answered and said no: wrong credentials, a missing grant. */
  | 'denied'
  /** The source works but cannot do this: too old, a feature that is off. */
  | 'unsupported'
  /** Nothing is there: a path, a repository, a database. */
  | 'missing'
  /** No connection: refused, no such host, a certificate that is not trusted. */
  | 'unreachable'
  /** No answer in time. */
  | 'timeout'
  /** More than the limits allow. */
  | 'too-large'
  /** An answer that makes no sense, or was cut. */
  | 'broken'
  /** Our own rules forbid to look: a link-local address, a path that starts with a hyphen. */
  | 'forbidden'

/** A source could not be read, in words for the person who owns the connection. Never holds a secret. */
export class SourceTrouble extends Error {
  readonly kind: TroubleKind
  /** Name of the need that is not met (`Need.id`), where one is known. */
  readonly need: string | undefined
  constructor(kind: TroubleKind, message: string, options: { need?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.name = 'SourceTrouble'
    this.kind = kind
    this.need = options.need
  }
}

/** Whether a second attempt a moment later may help. */
export const isPassing = (error: unknown): boolean =>
  error instanceof SourceTrouble && (error.kind === 'unreachable' || error.kind === 'broken')
