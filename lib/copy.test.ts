// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorld, type World } from '../test/world.ts'
import { sql } from './db.ts'

describe('rows sent by COPY', () => {
  let world: World
  beforeAll(async () => {
    world = await createWorld()
  })
  afterAll(async () => await world.close())

  const text = fc.string({ unit: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).filter((c) => c !== '\0') })
  const row = fc.record({
    n: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    t: fc.option(text),
    b: fc.option(fc.uint8Array()),
  })

  it('arrive as they were sent, whatever they hold', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 20 }), async (rows) => {
        const came = await world.tenant(async (tx) => {
          await tx.run(sql`create temporary table sent (i int, n int, t text, j json, b bytea) on commit drop`)
          const sent = rows.map(({ n, t, b }, i) => [i, n, t, JSON.stringify({ t }), b])
          await tx.copy('sent', ['i', 'n', 't', 'j', 'b'], sent)
          return await tx.rows<{ n: number; t: string | null; j: unknown; b: Buffer | null }>(
            sql`select n, t, j, b from sent order by i`,
          )
        })
        expect(came.map(({ n, t, j, b }) => ({ n, t, j, b: b && new Uint8Array(b) }))).toEqual(
          rows.map(({ n, t, b }) => ({ n, t, j: { t }, b })),
        )
      }),
      { numRuns: 50 },
    )
  })

  it('larger than a piece arrive whole', async () => {
    const large = 'é'.repeat(400_000)
    const rows = Array.from({ length: 5 }, (_, i) => [i, large])
    const lengths = await world.tenant(async (tx) => {
      await tx.run(sql`create temporary table sent (i int, t text) on commit drop`)
      await tx.copy('sent', ['i', 't'], rows)
      return await tx.rows<{ n: number }>(sql`select length(t) as n from sent`)
    })
    expect(lengths).toEqual(rows.map(() => ({ n: 400_000 })))
  })

  it('take nothing with them when one does not fit, and leave the connection usable', async () => {
    const send = async (rows: readonly (readonly (string | number)[])[]) =>
      await world.tenant(async (tx) => {
        await tx.run(sql`create temporary table sent (i int check (i < 3), t text) on commit drop`)
        await tx.copy('sent', ['i', 't'], rows)
        return await tx.one<{ n: number }>(sql`select count(*)::int as n from sent`)
      })
    const fitting = [
      [1, 'a'],
      [2, 'b'],
    ]
    await expect(send([...fitting, [3, 'c']])).rejects.toThrow(/sent_i_check/)
    await expect(send([...fitting, [3]])).rejects.toThrow('expected 2 values in a row, got 1')
    expect(await send(fitting)).toEqual({ n: 2 })
  })
})
