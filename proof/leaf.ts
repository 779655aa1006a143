// SPDX-License-Identifier: Apache-2.0
import { utf8, type Bytes } from './bytes.ts'
import { asObject, canonicalJson, parseCanonical } from './canonical-json.ts'
import { Malformed } from './malformed.ts'

/**
 * What a leaf records. `intent` is written before a scheduled run, so that a dropped result shows; `tsr` and `cosig` are
 * receipts of others; `state` is a record of the programme; `erasure` names what was erased and why.
 */
export const LEAF_KINDS = [
  'attest',
  'audit',
  'config',
  'cosig',
  'erasure',
  'evidence',
  'export',
  'freeze',
  'genesis',
  'intent',
  'key',
  'policy',
  'state',
  'supersede',
  'tsr',
] as const
export type LeafKind = (typeof LEAF_KINDS)[number]

/** An entry of the log. It holds no personal data: the statement it commits to carries a 256-bit nonce. */
export interface Leaf {
  readonly kind: LeafKind
  /** SHA-256 of the DSSE envelope's bytes, hex. */
  readonly manifest: string
  /** Counter within the stream, from 0, without gaps. */
  readonly n: number
  /** Leaf hash (RFC 6962) of the stream's previous leaf, hex; absent on the first. */
  readonly previous?: string
  /** `st_` and 32 hex digits: random, so that it tells nothing. */
  readonly stream: string
  /** The moment claimed, in milliseconds since 1970. Proven are only the times between time-stamps. */
  readonly time_ms: number
}

/** Longest leaf the log takes, in bytes. */
export const LEAF_MOST = 2048

const kinds: ReadonlySet<unknown> = new Set(LEAF_KINDS)
const DIGEST = /^sha256:[0-9a-f]{64}$/
const MEMBERS = 'k,m,n,p,s,t,v'

/** `{"k":"evidence","m":"sha256:9f…","n":42,"p":"sha256:1c…","s":"st_9f…","t":1767225600123,"v":1}` */
export const encodeLeaf = (leaf: Leaf): Bytes =>
  utf8(
    canonicalJson({
      k: leaf.kind,
      m: `sha256:${leaf.manifest}`,
      n: leaf.n,
      ...(leaf.previous === undefined ? {} : { p: `sha256:${leaf.previous}` }),
      s: leaf.stream,
      t: leaf.time_ms,
      v: 1,
    }),
  )

/** @throws Malformed LEAF or JSON when it is not canonical, too long, or has a member more, less or of another form */
export function parseLeaf(bytes: Uint8Array): Leaf {
  if (bytes.length > LEAF_MOST) throw new Malformed('LEAF', `expected at most ${LEAF_MOST} bytes, got ${bytes.length}`)
  const leaf = asObject(parseCanonical(bytes))
  if (!leaf) throw new Malformed('LEAF', 'expected a JSON object')
  const { k, m, n, p, s, t, v } = leaf
  const members = Object.keys(leaf).join()
  if (members !== (n === 0 ? MEMBERS.replace(',p', '') : MEMBERS))
    throw new Malformed('LEAF', `expected the members ${MEMBERS} (no p when n is 0), got ${members}`)
  const whole = (x: unknown): x is number => typeof x === 'number' && x >= 0
  const digest = (x: unknown): x is string => typeof x === 'string' && DIGEST.test(x)
  if (v !== 1) throw new Malformed('LEAF', `expected version 1, got ${String(v)}`)
  if (!kinds.has(k)) throw new Malformed('LEAF', `expected a kind of leaf, got ${String(k)}`)
  if (!digest(m) || !(p === undefined || digest(p)))
    throw new Malformed('LEAF', 'expected "sha256:" and 64 hex digits in m and p')
  if (!whole(n) || !whole(t)) throw new Malformed('LEAF', 'expected whole numbers from 0 in n and t')
  if (typeof s !== 'string' || !/^st_[0-9a-f]{32}$/.test(s))
    throw new Malformed('LEAF', `expected "st_" and 32 hex digits in s, got ${String(s)}`)
  return {
    kind: k as LeafKind,
    manifest: m.slice(7),
    n,
    ...(p === undefined ? {} : { previous: p.slice(7) }),
    stream: s,
    time_ms: t,
  }
}
