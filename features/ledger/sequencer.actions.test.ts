// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openCheckpoint } from '../../proof/checkpoint.ts'
import { leafHash } from '../../proof/hash.ts'
import { merkleRoot } from '../../proof/merkle.ts'
import { parseVerifierKey } from '../../proof/note.ts'
import { decodeEntries } from '../../proof/tile.ts'
import { createWorld, type World } from '../../test/world.ts'
import { publicLogKeys } from './keys.store.ts'
import { appendLeaves } from './ledger.store.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(async () => {
  await world.close()
})

const append = (count: number, stream = 'work'): Promise<unknown> =>
  world.tenant((tx) =>
    appendLeaves(
      tx,
      Array.from({ length: count }, (_, i) => ({ kind: 'state' as const, stream, predicate: { i } })),
    ),
  )
const published = (path: string): string => join(world.folder, 'ledger', world.org, path)
const verifiers = async () => (await world.tenant((tx) => publicLogKeys(tx, world.org))).map(parseVerifierKey)

describe('the sequencer', () => {
  it('gives waiting records their place, signs the tree and publishes it', async () => {
    expect(await world.sequence()).toBe(3)
    const checkpoint = await openCheckpoint(readFileSync(published('checkpoint'), 'utf8'), await verifiers())
    expect(checkpoint.size).toBe(3)
    expect(checkpoint.origin).toBe(`assay.dev/ledger/${world.org}`)
    expect(await world.sequence()).toBe(0)
  })

  it('publishes entries from which anybody recomputes the root that was signed', async () => {
    await append(600)
    await world.sequence()
    const checkpoint = await openCheckpoint(readFileSync(published('checkpoint'), 'utf8'), await verifiers())
    expect(checkpoint.size).toBe(603)
    const entries = [
      ...decodeEntries(readFileSync(published('tile/entries/000')), 256),
      ...decodeEntries(readFileSync(published('tile/entries/001')), 256),
      ...decodeEntries(readFileSync(published('tile/entries/002.p/91')), 91),
    ]
    expect(Buffer.from(merkleRoot(entries.map(leafHash)))).toEqual(Buffer.from(checkpoint.root))
    expect(statSync(published('tile/0/001')).size).toBe(8192)
    expect(statSync(published('tile/1/000.p/2')).size).toBe(64)
  })

  it('makes full tiles read-only and removes the partial ones that they replace', async () => {
    expect(statSync(published('tile/0/000')).mode & 0o777).toBe(0o444)
    expect(readdirSync(published('tile/0')).toSorted()).toEqual(['000', '001', '002.p'])
    await append(200)
    await world.sequence()
    expect(readdirSync(published('tile/0')).toSorted()).toEqual(['000', '001', '002', '003.p'])
  })

  it('is accepted by openssl alone', async () => {
    const note = readFileSync(published('checkpoint'), 'utf8')
    const [text, line] = note.split('\n\n')
    const [key] = await verifiers()
    const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key!.publicKey])
    const write = (name: string, bytes: string | Buffer): string => {
      const path = join(world.folder, name)
      execFileSync('tee', [path], { input: bytes, stdio: ['pipe', 'ignore', 'inherit'] })
      return path
    }
    const out = execFileSync('openssl', [
      'pkeyutl',
      '-verify',
      '-pubin',
      '-keyform',
      'DER',
      '-rawin',
      '-inkey',
      write('key', spki),
      '-in',
      write('text', `${text}\n`),
      '-sigfile',
      write('sig', Buffer.from(line!.trim().split(' ')[2]!, 'base64').subarray(4)),
    ])
    expect(out.toString()).toContain('Signature Verified Successfully')
  })
})
