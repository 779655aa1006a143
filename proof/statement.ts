// SPDX-License-Identifier: Apache-2.0
import { toHex, utf8 } from './bytes.ts'
import { asObject, canonicalJson, parseCanonical } from './canonical-json.ts'
import type { Envelope } from './dsse.ts'
import { sha256 } from './hash.ts'
import { Malformed } from './malformed.ts'

export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1'
export const PAYLOAD_TYPE = 'application/vnd.in-toto+json'
/** All predicate types begin so; the kind of the leaf and the version follow: `…/evidence/v1`. */
export const PREDICATE_BASE = 'https://assay.dev/attestation'

export interface Subject {
  readonly name: string
  /** SHA-256, hex. */
  readonly sha256: string
}

/** An in-toto Statement (v1): what is signed about files, or about itself. */
export interface Statement {
  readonly kind: string
  readonly subjects: readonly Subject[]
  readonly predicate: Readonly<Record<string, unknown>>
}

/** Where in the log a statement says it stands. */
export interface LedgerFacts {
  readonly stream: string
  readonly n: number
  readonly claimedAt: string
  /** The newest published tree its maker knew: the statement is younger than that tree. */
  readonly anchor: { readonly size: number; readonly root: string } | null
}

/** Reads the statement inside an envelope. @throws Malformed ENVELOPE when it is another thing, JSON */
export function readStatement({ payload, payloadType }: Envelope): Statement {
  if (payloadType !== PAYLOAD_TYPE) throw new Malformed('ENVELOPE', `expected ${PAYLOAD_TYPE}, got ${payloadType}`)
  const { _type, predicateType, predicate, subject } = asObject(parseCanonical(payload)) ?? {}
  if (_type !== STATEMENT_TYPE) throw new Malformed('ENVELOPE', `expected ${STATEMENT_TYPE}, got ${String(_type)}`)
  const [, kind] = new RegExp(`^${PREDICATE_BASE}/([a-z]+)/v1$`).exec(String(predicateType)) ?? []
  const facts = asObject(predicate)
  if (kind === undefined || !facts || !Array.isArray(subject))
    throw new Malformed('ENVELOPE', `expected a predicate of ${PREDICATE_BASE}, got ${String(predicateType)}`)
  const subjects = subject.map((one: unknown): Subject => {
    const { name, digest } = asObject(one) ?? {}
    const sha = asObject(digest)?.['sha256']
    if (typeof name !== 'string' || typeof sha !== 'string' || !/^[0-9a-f]{64}$/.test(sha))
      throw new Malformed('ENVELOPE', 'expected a name and a SHA-256 of each subject')
    return { name, sha256: sha }
  })
  return { kind, subjects, predicate: facts }
}

/** The part of a predicate that the ledger wrote. @throws Malformed ENVELOPE */
export function ledgerFacts({ predicate }: Statement): LedgerFacts {
  const { stream, n, claimedAt, anchor } = asObject(predicate['ledger']) ?? {}
  const tree = anchor === null ? null : asObject(anchor)
  const { size, root } = tree ?? {}
  if (
    typeof stream !== 'string' ||
    typeof n !== 'number' ||
    typeof claimedAt !== 'string' ||
    tree === undefined ||
    (tree !== null && (typeof size !== 'number' || typeof root !== 'string'))
  )
    throw new Malformed('ENVELOPE', 'expected stream, n, claimedAt and anchor in predicate.ledger')
  return { stream, n, claimedAt, anchor: tree && { size: size as number, root: root as string } }
}

/**
 * A statement about no file is about its own predicate: its one subject is named `<kind>.json` and has the digest of the
 * canonical predicate without the ledger's part. Whether this is one, and the digest holds.
 */
export function isAboutItself({ kind, subjects, predicate }: Statement): boolean {
  const { ledger: _, ...own } = predicate
  const [only] = subjects
  return (
    subjects.length === 1 && only?.name === `${kind}.json` && only.sha256 === toHex(sha256(utf8(canonicalJson(own))))
  )
}
