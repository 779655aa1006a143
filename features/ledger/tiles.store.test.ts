// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, it } from 'vitest'
import { leafHash } from '../../proof/hash.ts'
import { verifyConsistency, verifyInclusion } from '../../proof/merkle.ts'
import { createWorld, type World } from '../../test/world.ts'
import { appendLeaves } from './ledger.store.ts'
import { readEntries, readLog } from './sequencer.store.ts'
import { proveGrowth, proveLeaf, proveLeaves, rootAt } from './tiles.store.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
  for (const count of [250, 200, 300]) {
    await world.tenant((tx) =>
      appendLeaves(
        tx,
        Array.from({ length: count }, (_, i) => ({ kind: 'state' as const, stream: 'work', predicate: { i } })),
      ),
    )
    await world.sequence()
  }
})
afterAll(async () => {
  await world.close()
})

it('every leaf is proved in every tree that was ever signed, alone or with others', async () => {
  await world.tenant(async (tx) => {
    const log = await readLog(tx, world.org)
    const entries = await readEntries(tx, world.org, 0)
    for (const size of [253, 453, 753]) {
      const root = await rootAt(tx, log, size)
      const indexes = [0, 1, 127, 252, 255, 256, 400, 452, 511, 512, 752].filter((index) => index < size)
      const together = await proveLeaves(tx, log, indexes, size)
      for (const [i, index] of indexes.entries()) {
        expect(together[i]).toEqual(await proveLeaf(tx, log, index, size))
        expect(verifyInclusion(leafHash(entries[index]!.leaf), { index, size }, together[i]!, root)).toBe(true)
      }
    }
  })
})

it('every signed tree is proved to be the beginning of every later one', async () => {
  await world.tenant(async (tx) => {
    const log = await readLog(tx, world.org)
    for (const [older, size] of [
      [253, 453],
      [253, 753],
      [453, 753],
    ] as const) {
      const proof = await proveGrowth(tx, log, older, size)
      const [a, b] = [await rootAt(tx, log, older), await rootAt(tx, log, size)]
      expect(verifyConsistency({ size: older, root: a }, { size, root: b }, proof)).toBe(true)
    }
  })
})
