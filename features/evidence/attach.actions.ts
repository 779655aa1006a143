// SPDX-License-Identifier: Apache-2.0
import { fileTypeFromBuffer } from 'file-type'
import { z } from 'zod'
import { day } from '../../catalog/kind.ts'
import { command } from '../../lib/action.ts'
import { documentMoment, checkPeriod } from './evidence.ts'
import { linkEvidence, linkInput } from './acts.actions.ts'
import { headOf, readAndKeep, receivedFile, recordFile } from './file-recording.actions.ts'
import { engagementZone } from '../system/system.store.ts'
import { PUT_FORWARD } from './imports.actions.ts'
import { lineText } from './imports.ts'
import { startImport } from './imports.store.ts'

export const attachActions = {
  'evidence.attach': command({
    summary: 'Attach an uploaded file as a document: kept as it is, with its period, source and preparer',
    may: PUT_FORWARD,
    input: z.strictObject({
      upload: z.string().max(40).describe('Id of the received file, from POST /api/v1/uploads'),
      source: lineText(300).describe('System or place it comes from, such as "board meeting"'),
      series: lineText(120).optional().describe('What it is one of, such as "access reviews"; its source when absent'),
      prepared_by: lineText(200).optional().describe('Who prepared it; the caller when absent'),
      period_from: day().nullable().default(null).describe('First day that it speaks about'),
      period_to: day().nullable().default(null).describe('Last day that it speaks about'),
      supersedes: z.string().max(40).optional().describe('The document that it corrects, col_…'),
      link: linkInput.optional().describe('The control it is put forward for'),
    }),
    output: z.object({ id: z.string(), link: z.string().nullable() }),
    async run(ctx, { upload, source, period_from, period_to, supersedes, link, ...said }) {
      if (period_from !== null && period_to !== null) checkPeriod(period_from, period_to, ctx.now)
      const file = await receivedFile(ctx, upload)
      const type = await fileTypeFromBuffer(await headOf(file.path))
      const options = {
        observed_at: documentMoment(period_to, ctx.now, await engagementZone(ctx.tx)),
        prepared_by: said.prepared_by ?? ctx.actor.name,
        document: { source, media_type: type?.mime ?? 'application/octet-stream', period_from, period_to },
        supersedes: supersedes === undefined ? [] : [supersedes],
      }
      const series = said.series ?? source.slice(0, 120).trim()
      const started = await startImport(ctx.tx, { ...file, upload, format: 'document', series, options })
      const [made] = await recordFile(ctx, started, await readAndKeep(ctx, started, file), 'person')
      if (!made) throw new Error('a document is one stream')
      // What is put forward speaks about the document's own period, unless it is said to speak about a part of it.
      const spoken = { ...(period_from !== null && { period_from }), ...(period_to !== null && { period_to }) }
      return { id: made.id, link: link ? await linkEvidence(ctx.tx, made.id, { ...spoken, ...link }) : null }
    },
  }),
}
