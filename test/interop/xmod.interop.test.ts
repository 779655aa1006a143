// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ledgerActions } from '../../features/ledger/ledger.actions.ts'
import { appendLeaves } from '../../features/ledger/ledger.store.ts'
import { fromBase64 } from '../../proof/bytes.ts'
import { openCheckpoint } from '../../proof/checkpoint.ts'
import { leafHash } from '../../proof/hash.ts'
import { verifyConsistency, verifyInclusion } from '../../proof/merkle.ts'
import { parseVerifierKey } from '../../proof/note.ts'
import { decodeEntries, entriesPath } from '../../proof/tile.ts'
import { createWorld, type World } from '../world.ts'

/*
 * A log that the server wrote, read by golang.org/x/mod (Google's code, which the Go checksum database runs on): its
 * signature, inclusion, consistency, and the whole tree hashed again. Then the other way round: what x/mod signs and
 * proves is accepted here.
 */

const SIZE = 700
let world: World
let folder: string
let program: string
let key: string
let publication: string
let earlier: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'assay-xmod-'))
  const module = join(folder, 'module')
  cpSync(fileURLToPath(new URL('xmod', import.meta.url)), module, { recursive: true })
  program = join(folder, 'interop')
  const built = spawnSync('go', ['build', '-mod=mod', '-o', program, '.'], { cwd: module, encoding: 'utf8' })
  if (built.error) throw new Error('this suite needs Go 1.24 or newer on the PATH', { cause: built.error })
  if (built.status !== 0) throw new Error(`golang.org/x/mod could not be built: ${built.stderr}`)
  world = await createWorld()
  publication = join(world.folder, 'ledger', world.org)
  earlier = join(folder, 'earlier')
  await append(300)
  writeFileSync(earlier, readFileSync(join(publication, 'checkpoint')))
  await append(SIZE - 303)
  const { rows } = await world.perform('ledger.keys', ledgerActions['ledger.keys'], {})
  key = rows.find(({ purpose }) => purpose === 'log')!.public
}, 300_000)
afterAll(async () => {
  await world?.close()
  rmSync(folder, { recursive: true, force: true })
})

async function append(count: number): Promise<void> {
  const drafts = Array.from({ length: count }, (_, i) => ({
    kind: 'state' as const,
    stream: `stream ${i % 7}`,
    predicate: { number: i },
  }))
  await world.tenant((tx) => appendLeaves(tx, drafts))
  await world.sequence()
}

async function proofs(indexes: readonly number[]): Promise<string> {
  const to = join(folder, 'proofs')
  mkdirSync(to, { recursive: true })
  for (const index of indexes) {
    const { rows } = await world.owner.query<{ manifest: string }>(
      'select manifest from ledger_leaf where org_id = $1 and idx = $2',
      [world.org, index],
    )
    const proof = await world.perform('ledger.proof', ledgerActions['ledger.proof'], { manifest: rows[0]!.manifest })
    writeFileSync(join(to, `${index}.json`), proof.leaf)
    writeFileSync(join(to, `${index}.json.tlog-proof`), proof.inclusion!.tlog_proof)
  }
  return to
}

interface Found {
  readonly size: number
  readonly proofs: number
  readonly rehashed: number
  readonly growth: readonly string[]
  readonly index: number
  readonly inclusion: readonly string[]
  readonly note: { readonly key: string; readonly signed: string }
}

const run = (log: string, proved: string) => spawnSync(program, [log, key, earlier, proved], { encoding: 'utf8' })

describe('golang.org/x/mod', () => {
  const indexes = [0, 1, 2, 255, 256, 302, 303, 511, 512, SIZE - 1]

  test('accepts our checkpoint, inclusion proofs and tiles, and hashes the whole log to the same root', async () => {
    const { status, stdout, stderr } = run(publication, await proofs(indexes))
    expect(status, stderr).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ size: SIZE, proofs: indexes.length, rehashed: SIZE })
  })

  test('signs and proves what we accept: a note, an inclusion, a consistency', async () => {
    const found = JSON.parse(run(publication, await proofs([0])).stdout) as Found
    const opened = await openCheckpoint(found.note.signed, [parseVerifierKey(found.note.key)])
    expect(opened).toMatchObject({ origin: 'go.example/log', size: 7 })
    const verifiers = [parseVerifierKey(key)]
    const newer = await openCheckpoint(readFileSync(join(publication, 'checkpoint'), 'utf8'), verifiers)
    const older = await openCheckpoint(readFileSync(earlier, 'utf8'), verifiers)
    expect(verifyConsistency(older, newer, found.growth.map(fromBase64))).toBe(true)
    const n = Math.floor(found.index / 256)
    const entries = decodeEntries(readFileSync(join(publication, entriesPath({ n, width: 256 }))), 256)
    const leaf = leafHash(entries[found.index % 256]!)
    expect(verifyInclusion(leaf, { index: found.index, size: SIZE }, found.inclusion.map(fromBase64), newer.root)).toBe(
      true,
    )
  })

  test.each(['checkpoint', 'tile/0/000', 'tile/0/002.p/188', 'tile/1/000.p/2', 'tile/entries/001'])(
    'refuses the log after a byte of %s was changed, so its word above means something',
    async (name) => {
      const copy = join(folder, 'changed')
      cpSync(publication, copy, { recursive: true })
      const bytes = readFileSync(join(copy, name))
      bytes[Math.floor(bytes.length / 2)]! ^= 1
      rmSync(join(copy, name))
      writeFileSync(join(copy, name), bytes)
      const { status, stderr } = run(copy, await proofs([0]))
      rmSync(copy, { recursive: true, force: true })
      expect(status, stderr).toBe(1)
    },
  )
})
