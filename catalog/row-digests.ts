// SPDX-License-Identifier: Apache-2.0
import { hash } from 'node:crypto'
import { toHex } from '../proof/bytes.ts'
import { canonicalJson } from '../proof/canonical-json.ts'
import { merkleRoot } from '../proof/merkle.ts'
import type { Row } from './collected.ts'
import type { Kind } from './kind.ts'

/** What stands for the rows of a reading in the ledger and in the comparison with the next reading. */
export interface RowDigests {
  /** Positions of the rows by key. */
  readonly order: Uint32Array
  /** RFC 6962 root over the rows' canonical forms in key order, so that any one row can be proved against the leaf. */
  readonly root: string
  /** For each row the SHA-256 of what it says, without the kind's volatile fields: readings that agree have the same. */
  readonly digests: readonly Buffer[]
  /** The words of the kind's field `part`, each once. */
  readonly parts: readonly string[]
}

/** The members of bodies that list the same ones in the same order. */
interface Shape {
  readonly names: readonly string[]
  readonly sorted: readonly { readonly name: string; readonly head: string; readonly isVolatile: boolean }[]
}

/**
 * Writes each row's canonical form `{"body":…,"key":…}` once, with and without the volatile fields, and hashes both. What
 * is the same for all rows of a kind, the order of the members, is worked out when it changes.
 */
export function digestRows(kind: Pick<Kind, 'volatile' | 'part'>, rows: readonly Row[]): RowDigests {
  const volatile = new Set<string>(kind.volatile)
  const leaves: Uint8Array[] = []
  const parts = new Set<string>()
  let shape: Shape = { names: [], sorted: [] }
  const digests = rows.map(({ body, key }, i) => {
    if (!isShaped(body, shape)) shape = shapeOf(body, volatile)
    if (kind.part !== undefined) parts.add(String(body[kind.part]))
    let [whole, lasting] = ['', '']
    for (const { name, head, isVolatile } of shape.sorted) {
      const member = head + canonicalJson(body[name])
      whole += whole === '' ? member : `,${member}`
      if (!isVolatile) lasting += lasting === '' ? member : `,${member}`
    }
    const end = `},"key":${canonicalJson(key)}}`
    leaves[i] = hash('sha256', `\0{"body":{${whole}${end}`, 'buffer') // RFC 6962 2.1: a leaf begins with zero
    return hash('sha256', `{"body":{${lasting}${end}`, 'buffer')
  })
  const order = Uint32Array.from(rows.keys()).sort((a, b) => (rows[a]!.key < rows[b]!.key ? -1 : 1)) // positions in rows
  return { order, digests, parts: [...parts], root: toHex(merkleRoot(Array.from(order, (i) => leaves[i]!))) } // one leaf a row
}

function isShaped(body: Row['body'], { names }: Shape): boolean {
  const own = Object.keys(body)
  return own.length === names.length && own.every((name, i) => name === names[i])
}

function shapeOf(body: Row['body'], volatile: ReadonlySet<string>): Shape {
  const names = Object.keys(body)
  const sorted = names.toSorted()
  return {
    names,
    sorted: sorted.map((name) => ({ name, head: `${canonicalJson(name)}:`, isVolatile: volatile.has(name) })),
  }
}
