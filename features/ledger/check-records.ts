// SPDX-License-Identifier: Apache-2.0
import { hash } from 'node:crypto'
import { fromBase64, toHex } from '../../proof/bytes.ts'
import { asObject, canonicalJson } from '../../proof/canonical-json.ts'
import { equal } from '../../proof/bytes.ts'
import { parseLeaf, type Leaf } from '../../proof/leaf.ts'
import { Malformed } from '../../proof/malformed.ts'
import type { Findings } from './check.ts'
import type { SignatureCheck } from './check-signatures.ts'
import { readStatement, type SignedStatement } from './statement.ts'

/** A leaf as the tables tell of it: the columns that must agree with its bytes and its statement. */
export interface RecordUnderCheck {
  readonly leaf: Uint8Array
  readonly manifest: string
  readonly kind: string
  readonly statement_kind: string
  readonly stream: string
  readonly stream_id: string
  readonly n: number
  readonly claimed_at: string
  readonly recorded_at: string
  readonly anchor_size: number
  readonly envelope: Uint8Array | null
  readonly erased_by: string | null
  readonly lost_at: string | null
  readonly audit: {
    readonly actor: string
    readonly event: string
    readonly subject: string | null
    readonly details: Readonly<Record<string, unknown>>
  } | null
}

interface StreamEnd {
  readonly n: number
  readonly hash: Uint8Array
}

/** Checks leaf after leaf against the tables, and that every stream counts without a gap and chains without a break. */
export class RecordCheck {
  readonly findings: Findings
  readonly signatures: SignatureCheck
  /** By size: the root of each tree that was signed, as it was counted; what an anchor may name. */
  readonly #roots: ReadonlyMap<number, Uint8Array>
  /** By id of the stream. */
  readonly ends = new Map<string, StreamEnd>()
  statements = 0

  /** Leaves below this were verified with the very tree that the log still begins with. */
  readonly #known: number

  constructor(
    findings: Findings,
    roots: ReadonlyMap<number, Uint8Array>,
    { signatures, known }: { readonly signatures: SignatureCheck; readonly known: number },
  ) {
    this.findings = findings
    this.signatures = signatures
    this.#known = known
    this.#roots = roots
  }

  /**
   * @param place how the leaf is called in a finding
   * @param believed its leaf hash; a leaf whose bytes do not give it has its finding already
   */
  add(
    row: RecordUnderCheck,
    {
      place,
      index,
      hash: believed,
      is_intact,
    }: { place: string; index: number | null; hash: Uint8Array; is_intact: boolean },
  ): void {
    const leaf = is_intact ? this.#parse(row, place, index) : undefined
    const fault = leaf && differenceOf(leaf, row)
    if (fault) this.findings.add('statement', place, fault, index)
    this.#chain(leaf ?? { stream: row.stream_id, n: row.n }, believed, place, index)
    this.#statement(row, place, index)
  }

  #parse(row: RecordUnderCheck, place: string, index: number | null): Leaf | undefined {
    try {
      return parseLeaf(row.leaf)
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
      this.findings.add('leaf', place, error.message, index)
      return undefined
    }
  }

  #chain(
    leaf: Pick<Leaf, 'stream' | 'n' | 'previous'>,
    believed: Uint8Array,
    place: string,
    index: number | null,
  ): void {
    const before = this.ends.get(leaf.stream)
    const expected = before ? before.n + 1 : 0
    if (leaf.n !== expected)
      this.findings.add('stream', place, `expected number ${expected} of its stream, got ${leaf.n}`, index)
    else if (leaf.previous !== undefined && before && leaf.previous !== toHex(before.hash))
      this.findings.add('stream', place, 'it does not name the leaf before it in its stream', index)
    this.ends.set(leaf.stream, { n: leaf.n, hash: believed })
  }

  #statement(row: RecordUnderCheck, place: string, index: number | null): void {
    const add = (says: string): void => this.findings.add('statement', place, says, index)
    if (!row.envelope) {
      if (row.erased_by === null && row.lost_at === null) add('its statement is gone, and no erasure says why')
      return
    }
    this.statements++
    if (hash('sha256', row.envelope, 'hex') !== row.manifest)
      return add('its statement is not the one that the leaf commits to')
    const statement = this.#read(row.envelope, add)
    if (!statement) return
    if (index === null || index >= this.#known)
      this.signatures.add({ envelope: statement.envelope, place, index, recorded_at: row.recorded_at })
    this.#anchor(statement, row.anchor_size, add)
    if (row.kind === 'audit') this.#audit(statement, row.audit, place, index)
  }

  #read(envelope: Uint8Array, add: (says: string) => void): SignedStatement | undefined {
    try {
      return readStatement(envelope)
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
      add(error.message)
      return undefined
    }
  }

  /** The signed tree that the statement says it is younger than must be one that was signed, with that very root. */
  #anchor({ predicate }: SignedStatement, size: number, add: (says: string) => void): void {
    const anchor = asObject(asObject(predicate['ledger'])?.['anchor'])
    const named = anchor?.['size'] ?? 0
    if (named !== size)
      return add(`its row says that it is younger than the tree of ${size} leaves; the statement names another`)
    const root = this.#roots.get(size)
    if (anchor && !(root && equal(root, fromBase64(String(anchor['root'])))))
      add(`it says that it is younger than a tree of ${size} leaves that was never signed`)
  }

  #audit(
    { predicate, actor }: SignedStatement,
    copy: RecordUnderCheck['audit'],
    place: string,
    index: number | null,
  ): void {
    if (!copy) return this.findings.add('audit', place, 'its row of the audit trail is missing', index)
    for (const [name, signed] of [
      ['actor', actor],
      ['event', predicate['event']],
      ['subject', predicate['subject']],
      ['details', predicate['details']],
    ] as const) {
      const stored = copy[name]
      if (canonicalJson(stored) !== canonicalJson(signed))
        this.findings.add('audit', place, `"${name}" in the audit trail is not what was signed`, index)
    }
  }
}

/** What differs between a leaf and the tables, in words. */
function differenceOf(leaf: Leaf, row: RecordUnderCheck): string | undefined {
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['the statement it names', leaf.manifest, row.manifest],
    ['its kind', leaf.kind, row.kind],
    ['the kind of its statement', leaf.kind, row.statement_kind],
    ['its stream', leaf.stream, row.stream_id],
    ['its number in the stream', leaf.n, row.n],
    ['the moment it claims', leaf.time_ms, Date.parse(row.claimed_at)],
  ]
  const wrong = pairs.find(([, signed, stored]) => signed !== stored)
  return wrong && `${wrong[0]} is stored as ${String(wrong[2])}, the leaf says ${String(wrong[1])}`
}
