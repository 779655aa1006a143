// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { device, givenReading } from '../../test/readings.ts'
import { createWorld, type World } from '../../test/world.ts'
import { ledgerActions } from './ledger.actions.ts'

let world: World
let readings: string[]
let kept: Map<string, Buffer>
beforeAll(async () => {
  world = await createWorld()
  kept = (world.blobs as unknown as { kept: Map<string, Buffer> }).kept
  readings = []
  for (const source of ['a', 'b', 'c', 'd', 'e'])
    readings.push(
      await givenReading(world, { kind: 'device', rows: [device(`${source}-1`)], source }, { judge: false }),
    )
  await world.sequence()
})
afterAll(() => world.close())

const check = () => world.perform('ledger.check', ledgerActions['ledger.check'], {})
const checkEvidence = (input: object) =>
  world.perform('ledger.checkEvidence', ledgerActions['ledger.checkEvidence'], input)

const blobOf = async (id: string): Promise<string> =>
  (await world.owner.query<{ blob: string }>('select blob from capture where collection_id = $1', [id])).rows[0]!.blob

/** What the check says while a stored file is not what it was. */
async function whileStored(id: string, change: (bytes: Buffer) => Buffer | undefined) {
  const key = `${world.org}/${await blobOf(id)}`
  const bytes = kept.get(key)!
  const changed = change(bytes)
  if (changed) kept.set(key, changed)
  else kept.delete(key)
  const report = await check()
  kept.set(key, bytes)
  return report
}

describe('a check of the ledger looks at the stored files of evidence', () => {
  it('and finds them intact when they are', async () => {
    expect(await check()).toMatchObject({ is_intact: true, findings: [], checked: { evidence: 5 } })
  })

  it.each([
    ['changed', (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -1), Buffer.of(bytes.at(-1)! ^ 1)]), /SHA-256/],
    ['cut off', (bytes: Buffer) => bytes.subarray(0, 100), /SHA-256/],
    ['removed', () => undefined, /is gone from the blob store/],
  ] as const)('a file that was %s is named by its evidence', async (_, change, says) => {
    const report = await whileStored(readings[2]!, change)
    expect(report.is_intact).toBe(false)
    expect(report.findings).toEqual([
      {
        damage: 'evidence',
        place: `evidence ${readings[2]} file 0 (rows.json)`,
        index: null,
        says: expect.stringMatching(says) as string,
      },
    ])
  })

  it('a row that was pointed to the file of other evidence is found, though that file is intact', async () => {
    const [here, there] = [await blobOf(readings[1]!), await blobOf(readings[3]!)]
    const client = await world.owner.connect()
    await client.query("set session_replication_role = 'replica'")
    await client.query('update capture set blob = $1 where collection_id = $2', [there, readings[1]])
    const report = await check()
    await client.query('update capture set blob = $1 where collection_id = $2', [here, readings[1]])
    client.release(true)
    expect(report.findings).toMatchObject([
      { place: `evidence ${readings[1]} file 0 (rows.json)`, says: expect.stringMatching(/do not open/) as string },
    ])
  })

  it('some at a time, going on where the answer before ended, each file once', async () => {
    const looked = []
    let after: string | null = null
    do {
      const answer: Awaited<ReturnType<typeof checkEvidence>> = await checkEvidence({
        limit: 2,
        ...(after && { after }),
      })
      looked.push([answer.looked_at, answer.of, answer.found])
      after = answer.next
    } while (after !== null)
    expect(looked).toEqual([
      [2, 5, 0],
      [2, 5, 0],
      [1, 5, 0],
    ])
  })
})
