// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { merkleRoot } from '../../proof/merkle.ts'
import { parseVerifierKey } from '../../proof/note.ts'
import { SmallLog } from '../../proof/testdata/small-log.ts'
import { scriptFor } from './by-hand.ts'
import { remembering } from './ranges.ts'
import { statementOf, type StatementFacts } from './statement.ts'

const log = new SmallLog()
for (let i = 0; i < 6; i++) log.append({ kind: 'state', stream: 'test', predicate: { says: `it's ${i}` } })
const key = parseVerifierKey(log.vkey)

test('each leaf is checked by a script of its own, and one under another key by none', () => {
  const run = (script: string): string => execFileSync('bash', ['-c', script], { encoding: 'utf8', stdio: 'pipe' })
  for (const index of [0, 5, 8]) {
    const proof = { ...log.proved(index), checkpoint: log.checkpoint() }
    expect(run(scriptFor(proof, key))).toContain('The leaf is in the tree that the log signed.')
  }
  const proof = { ...log.proved(5), checkpoint: log.checkpoint() }
  expect(() => run(scriptFor(proof, parseVerifierKey(new SmallLog().vkey)))).toThrow()
})

test('the hash of each range is made once', () => {
  let made = 0
  const range = remembering((from, to) => {
    made++
    return merkleRoot(log.hashes.slice(from, to))
  })
  expect(range(0, 4)).toBe(range(0, 4))
  expect(Buffer.from(range(4, 8))).toEqual(Buffer.from(merkleRoot(log.hashes.slice(4, 8))))
  expect(made).toBe(2)
})

test('a statement names its files, or itself where it has none, and the key that acted', () => {
  const facts: StatementFacts = {
    kind: 'state',
    predicate: { says: 'a' },
    files: [],
    nonce: 'ab',
    origin: 'assay.dev/ledger/org_1',
    stream: 'st_1',
    n: 0,
    actor: 'usr_1',
    claimed_at: '2026-03-02T09:00:00.000Z',
    anchor: null,
  }
  const file = { name: 'users.json', sha256: 'cd', size: 3, media_type: 'application/json' }
  expect(statementOf(facts)['subject']).toMatchObject([{ name: 'state.json' }])
  expect(statementOf(facts)).not.toHaveProperty('predicate.ledger.via')
  const told = statementOf({ ...facts, files: [file], via: 'key_1' })
  expect(told['subject']).toEqual([
    { name: 'users.json', digest: { sha256: 'cd' }, annotations: { size: 3, mediaType: 'application/json' } },
  ])
  expect(told).toHaveProperty('predicate.ledger.via', 'key_1')
  expect(() => statementOf({ ...facts, files: [file, file] })).toThrow(/different names/)
})
