// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { query, READERS, type Ctx } from '../../lib/action.ts'
import { Refused } from '../../lib/refused.ts'
import { judgeOf } from './judgement.actions.ts'
import { judgedBy, loadReading } from './judging.store.ts'
import { joinedKinds } from './monitoring.ts'
import { currentVersions, hasChecks } from './versions.store.ts'

const judgedOutput = z.object({
  collection: z.string(),
  is_judged: z.boolean(),
  waits_for: z.array(z.string()).describe('Checks that have not looked at it yet'),
})

export const judgedActions = {
  'checks.judged': query({
    summary: 'Tell whether readings were judged by every check they touch',
    may: READERS,
    input: z.strictObject({ collections: z.array(z.string().max(40)).max(100).describe('Ids of readings') }),
    output: z.object({ rows: z.array(judgedOutput) }),
    async run(ctx, { collections }) {
      const rows: z.infer<typeof judgedOutput>[] = []
      for (const id of collections) rows.push(await judged(ctx, id))
      return { rows }
    },
  }),
}

async function judged({ tx }: Pick<Ctx, 'tx'>, id: string): Promise<z.infer<typeof judgedOutput>> {
  const reading = await loadReading(tx, id)
  if (!reading) throw new Refused('UNKNOWN_EVIDENCE', `no evidence ${id}`, { status: 404, pointer: '/collections' })
  const done = await judgedBy(tx, id)
  const waits_for = (await currentVersions(tx))
    .filter((version) => !done.has(version.id))
    .map(judgeOf)
    .filter(({ check }) => check.for === reading.kind || joinedKinds(check).includes(reading.kind))
    .map(({ check }) => check.id)
  // A young organisation has no checks until its first job brings them; until then nobody has looked.
  return { collection: id, is_judged: waits_for.length === 0 && (await hasChecks(tx)), waits_for }
}
