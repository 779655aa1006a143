// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it, test } from 'vitest'
import { toHex, utf8 } from '../../proof/bytes.ts'
import { canonicalJson } from '../../proof/canonical-json.ts'
import { sha256 } from '../../proof/hash.ts'
import { parseLeaf } from '../../proof/leaf.ts'
import { newCollector, SmallLog } from '../../proof/testdata/small-log.ts'
import { RecordCheck, type RecordUnderCheck } from './check-records.ts'
import { SignatureCheck, type AnnouncedCollector } from './check-signatures.ts'
import { Findings } from './check.ts'
import { readStatement } from './statement.ts'

const log = new SmallLog()
const audit = { event: 'session.opened', subject: 'usr_1', details: { door: 'web' } }
for (const says of ['a', 'b', 'c']) log.append({ kind: 'state', stream: 'test', predicate: { says } })
const AUDITED = log.append({ kind: 'audit', stream: 'audit', predicate: audit })
const LAST = log.append({ kind: 'state', stream: 'test', predicate: { says: 'd' } })
/** Names a tree that was never signed. */
const FALSE_ANCHOR = log.append({
  kind: 'state',
  stream: 'other',
  change: (statement) => {
    const { ledger } = statement['predicate'] as { ledger: { anchor: { root: string } } }
    ledger.anchor.root = Buffer.alloc(32).toString('base64')
  },
})

/** A leaf as its tables tell of it when all is well. */
function rowOf(index: number): RecordUnderCheck {
  const { leaf, envelope, manifest } = log.leaves[index]!
  const { kind, stream, n, time_ms } = parseLeaf(leaf)
  const { predicate } = readStatement(envelope)
  const { anchor } = predicate['ledger'] as { anchor: { size: number } | null }
  const moment = new Date(time_ms).toISOString()
  return {
    leaf,
    manifest,
    kind,
    statement_kind: kind,
    stream,
    stream_id: stream,
    n,
    claimed_at: moment,
    recorded_at: moment,
    anchor_size: anchor?.size ?? 0,
    envelope,
    erased_by: null,
    lost_at: null,
    audit: kind === 'audit' ? { actor: 'system', ...audit } : null,
  }
}

const roots = new Map(Array.from({ length: log.size + 1 }, (_, size) => [size, log.root(size)]))
const keys: AnnouncedCollector[] = [
  {
    id: log.collector.id,
    public: log.collector.pem,
    recorded_at: '2026-03-02T09:00:00.000Z',
    idx: 2,
    envelope: log.leaves[2]!.envelope,
  },
]

interface Odd {
  readonly changes?: Partial<RecordUnderCheck>
  readonly is_intact?: boolean
  /** The leaf waits for its place. */
  readonly waits?: boolean
  readonly known?: number
  readonly keys?: readonly AnnouncedCollector[]
}
/** What a check of the whole log finds when the tables tell something else of one leaf. */
async function findings(at: number, odd: Odd = {}): Promise<string[]> {
  const found = new Findings()
  const signatures = new SignatureCheck(found, odd.keys ?? keys, log.size)
  const check = new RecordCheck(found, roots, { signatures, known: odd.known ?? 0 })
  for (let index = 0; index < FALSE_ANCHOR || index === at; index++) {
    const is = index === at ? odd : {}
    check.add(
      { ...rowOf(index), ...is.changes },
      {
        place: `leaf ${index}`,
        index: is.waits ? null : index,
        hash: log.hashes[index]!,
        is_intact: is.is_intact ?? true,
      },
    )
  }
  await signatures.settle()
  return found.kept.map(({ damage, place, says }) => `${damage}, ${place}: ${says}`)
}

describe('a check of the records', () => {
  it('finds nothing where all is as it was written', async () => {
    expect(await findings(LAST)).toEqual([])
    expect(await findings(LAST, { waits: true })).toEqual([])
    expect(await findings(LAST, { known: LAST })).toEqual([])
  })

  it.each([
    ['another statement', { manifest: 'f'.repeat(64) }, /the statement it names is stored as f{64}/],
    ['another kind', { kind: 'evidence' }, /its kind is stored as evidence, the leaf says state/],
    ['another kind of its statement', { statement_kind: 'key' }, /the kind of its statement is stored as key/],
    ['another moment', { claimed_at: '2026-03-02T10:00:00.000Z' }, /the moment it claims is stored as/],
    ['another tree that it is younger than', { anchor_size: 1 }, /younger than the tree of 1 leaves/],
    ['another number', { n: 9 }, /its number in the stream is stored as 9, the leaf says 3/],
  ])('names a row that tells %s', async (_, changes, says) => {
    expect((await findings(LAST, { changes })).join('\n')).toMatch(says)
  })

  it.each([
    ['leaf that is none', { leaf: utf8('{}') }, /^leaf, leaf 7: expected the members/],
    ['statement that is another', { envelope: utf8('{}') }, /^statement, leaf 7: its statement is not the one/],
    [
      'statement that is gone',
      { envelope: null },
      /^statement, leaf 7: its statement is gone, and no erasure says why/,
    ],
  ])('names a %s', async (_, changes, says) => {
    expect((await findings(LAST, { changes })).join('\n')).toMatch(says)
  })

  it('names a statement that cannot be read, though its leaf commits to it', async () => {
    const changes = { envelope: utf8('{}'), manifest: toHex(sha256(utf8('{}'))) }
    expect((await findings(LAST, { changes })).join('\n')).toMatch(
      /^statement, leaf 7: .*\nstatement, leaf 7: expected an object with payload/,
    )
  })

  it('accepts that a statement is gone where an erasure or a loss says why', async () => {
    expect(await findings(LAST, { changes: { envelope: null, erased_by: 'sha256:ab' } })).toEqual([])
    expect(await findings(LAST, { changes: { envelope: null, lost_at: '2026-03-02T10:00:00.000Z' } })).toEqual([])
  })

  it('names a statement that says it is younger than a tree that was never signed', async () => {
    expect(await findings(FALSE_ANCHOR)).toEqual([
      expect.stringMatching(/it says that it is younger than a tree of \d+ leaves that was never signed/) as string,
    ])
  })

  it('names a leaf that is not next in its stream, or follows another', async () => {
    const damaged = { is_intact: false, changes: { n: 1 } }
    expect((await findings(LAST, damaged)).join('\n')).toMatch(
      /^stream, leaf 7: expected number 3 of its stream, got 1/,
    )
    const found = new Findings()
    const check = new RecordCheck(found, roots, { signatures: new SignatureCheck(found, keys, log.size), known: 0 })
    const [first, second] = [log.size - 6, log.size - 5].map(rowOf)
    check.add(first!, { place: 'first', index: 3, hash: new Uint8Array(32), is_intact: true })
    check.add(second!, { place: 'second', index: 4, hash: log.hashes[4]!, is_intact: true })
    expect(found.kept).toMatchObject([
      { damage: 'stream', place: 'second', says: 'it does not name the leaf before it in its stream' },
    ])
  })

  it.each([
    ['that is missing', null, ['audit, leaf 6: its row of the audit trail is missing']],
    [
      'that tells another actor',
      { actor: 'usr_2', ...audit },
      ['audit, leaf 6: "actor" in the audit trail is not what was signed'],
    ],
  ])('names a row of the audit trail %s', async (_, copy, says) => {
    expect(await findings(AUDITED, { changes: { audit: copy } })).toEqual(says)
  })
})

describe('a check of the signatures', () => {
  const next = newCollector()
  const successor: AnnouncedCollector = {
    id: next.id,
    public: next.pem,
    recorded_at: '2026-03-02T07:00:00.000Z',
    idx: null,
    envelope: null,
  }
  const says = async (odd: Odd): Promise<string> => (await findings(LAST, odd)).join('\n')

  it('names statements that no registered collector signed', async () => {
    expect(await says({ keys: [] })).toMatch(
      new RegExp(`signature, leaf 7: its statement is not signed by a collector .*; it names ${log.collector.id}`),
    )
    expect(await says({ keys: [successor, ...keys] })).toMatch(/signature, leaf 0: its statement is not signed/)
  })

  it('names statements signed by a key that had been replaced for more than an hour', async () => {
    expect(await says({ keys: [...keys, successor] })).toMatch(
      /signature, leaf 7: .* which had been replaced before it was recorded/,
    )
    const lately = { ...successor, recorded_at: '2026-03-02T08:30:00.000Z' }
    expect(await says({ keys: [...keys, lately] })).toBe('')
  })

  it('names a key that is none, and takes the word of the log before that of a row', async () => {
    const [first] = keys
    expect(await says({ keys: [{ ...first!, envelope: null, public: 'none' }] })).toMatch(
      new RegExp(`^key, key ${log.collector.id}: expected -----BEGIN PUBLIC KEY-----`),
    )
    expect(await says({ keys: [{ ...first!, public: 'none' }] })).toBe('')
  })

  it('says where a statement is signed by nobody', async () => {
    const found = new Findings()
    const check = new SignatureCheck(found, keys, log.size)
    const { envelope } = readStatement(log.leaves[LAST]!.envelope)
    check.add({ envelope: { ...envelope, signatures: [] }, place: 'leaf 7', index: LAST, recorded_at: '' })
    await check.settle()
    expect(found.kept[0]?.says).toMatch(/it names nobody$/)
    expect(check.verified).toBe(1)
  })
})

test.each(['[]', '{}', '{"predicate":{}}', '{"predicate":{"ledger":{"actor":1}}}'])(
  'a signed text that is no statement is refused: %s',
  (payload) => {
    const envelope = { payload: Buffer.from(payload).toString('base64'), payloadType: 'x', signatures: [] }
    expect(() => readStatement(utf8(canonicalJson(envelope)))).toThrow(/predicate names its actor/)
  },
)
