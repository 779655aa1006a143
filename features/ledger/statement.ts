// SPDX-License-Identifier: Apache-2.0
import { hash } from 'node:crypto'
import { invariant } from '../../lib/refused.ts'
import { asObject, canonicalJson, parseJson } from '../../proof/canonical-json.ts'
import { parseEnvelope, payloadText, type Envelope } from '../../proof/dsse.ts'
import { Malformed } from '../../proof/malformed.ts'
import { PREDICATE_BASE, STATEMENT_TYPE } from '../../proof/statement.ts'

/** What a predicate may hold: plain JSON whose numbers are whole, so that every implementation writes the same bytes. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** A file a statement speaks of: the SHA-256 of the plain bytes, in hex. */
export interface SubjectFile {
  readonly name: string
  readonly sha256: string
  readonly size: number
  readonly media_type: string
}

/** Names of logs begin so; the rest is the organisation's id. A name, not an address. */
export const ORIGIN_BASE = 'assay.dev/ledger'

export interface StatementFacts {
  readonly kind: string
  readonly predicate: Readonly<Record<string, Json>>
  readonly files: readonly SubjectFile[]
  /** 32 random bytes in hex: without them a guess of the content could be tried against the leaf. */
  readonly nonce: string
  readonly origin: string
  readonly stream: string
  readonly n: number
  /** `usr_…` or `system`. */
  readonly actor: string
  /** `key_…` when an API key of that person acted. */
  readonly via?: string | undefined
  readonly claimed_at: string
  /** The newest published tree: the statement is younger than that tree (trust claim C2). */
  readonly anchor: { readonly size: number; readonly root: string } | null
}

/**
 * The in-toto Statement (v1) of a leaf. in-toto wants at least one subject; a statement about no file is about its own
 * predicate, by the SHA-256 of the canonical JSON that its maker gave.
 */
export function statementOf(facts: StatementFacts): { readonly [key: string]: Json } {
  const names = new Set(facts.files.map((file) => file.name))
  invariant(names.size === facts.files.length, 'the files of a statement have different names')
  return {
    _type: STATEMENT_TYPE,
    subject:
      facts.files.length > 0
        ? facts.files.map((file) => ({
            name: file.name,
            digest: { sha256: file.sha256 },
            annotations: { size: file.size, mediaType: file.media_type },
          }))
        : [{ name: `${facts.kind}.json`, digest: { sha256: hash('sha256', canonicalJson(facts.predicate), 'hex') } }],
    predicateType: `${PREDICATE_BASE}/${facts.kind}/v1`,
    predicate: {
      ...facts.predicate,
      ledger: {
        nonce: facts.nonce,
        stream: facts.stream,
        n: facts.n,
        actor: facts.actor,
        ...(facts.via !== undefined && { via: facts.via }),
        claimedAt: facts.claimed_at,
        anchor: facts.anchor,
      },
    },
  }
}

/** A statement as it was signed, taken out of its envelope. Nothing is verified. */
export interface SignedStatement {
  readonly envelope: Envelope
  readonly statement: Readonly<Record<string, unknown>>
  readonly predicate: Readonly<Record<string, unknown>>
  /** `usr_…` or `system`. */
  readonly actor: string
}

/** @throws Malformed when the bytes are no envelope of ours */
export function readStatement(bytes: Uint8Array): SignedStatement {
  const envelope = parseEnvelope(bytes)
  const statement = asObject(parseJson(payloadText(envelope)))
  const predicate = asObject(statement?.['predicate'])
  const actor = asObject(predicate?.['ledger'])?.['actor']
  if (!statement || !predicate || typeof actor !== 'string')
    throw new Malformed('ENVELOPE', 'expected a statement whose predicate names its actor')
  return { envelope, statement, predicate, actor }
}
