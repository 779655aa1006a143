// SPDX-License-Identifier: Apache-2.0
import { utimesSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createWorld, type World } from '../../test/world.ts'
import { checkLedger, type CheckReport } from './checking.actions.ts'
import { appendLeaves } from './ledger.store.ts'
import { checkpointFile } from './publication.store.ts'
import { signerFile } from './signer.store.ts'

let world: World
beforeEach(async () => {
  world = await createWorld()
  await world.sequence()
})
afterEach(() => world.close())

async function grow(count: number): Promise<void> {
  const drafts = Array.from({ length: count }, (_, i) => ({ kind: 'state' as const, stream: 'work', predicate: { i } }))
  await world.tenant((tx) => appendLeaves(tx, drafts))
  await world.sequence()
}
/** A check whose view of the database is taken before something happens to it, and one during which it happens. */
const check = (happens: { before?: () => Promise<void>; meanwhile?: () => Promise<void> }): Promise<CheckReport> =>
  world.db.tenant(
    { org: world.org, actor: 'usr_test' },
    async (tx) => {
      await happens.before?.()
      const { folder: dataDir, blobs } = world
      return await checkLedger(tx, { dataDir, blobs, authorities: [], progress: () => happens.meanwhile?.() })
    },
    'read',
  )

describe('a log that grows while it is checked', () => {
  it('is not called damaged because tiles were filled meanwhile', async () => {
    await grow(8000) // enough for the check to tell half-way how far it is
    let done = false
    const report = await check({
      meanwhile: async () => {
        if (!done) await grow(300)
        done = true
      },
    })
    expect(done).toBe(true)
    expect(report.findings).toEqual([])
  })

  it('is not called set back when it was published on after the view of the database was taken', async () => {
    await expect(check({ before: () => grow(5) })).rejects.toMatchObject({ code: 'LEDGER_GROWS', retry_after_s: 1 })
  })

  it('is called set back when the publication has long been ahead', async () => {
    const memory = signerFile(world.folder, `assay.dev/ledger/${world.org}`)
    const hourAgo = new Date(Date.now() - 3_600_000)
    const report = await check({
      async before() {
        await grow(5)
        for (const file of [checkpointFile(world.folder, world.org), memory]) utimesSync(file, hourAgo, hourAgo)
      },
    })
    expect(report.findings).toContainEqual(
      expect.objectContaining({ damage: 'log', says: expect.stringContaining('the database is older') as string }),
    )
  })
})
