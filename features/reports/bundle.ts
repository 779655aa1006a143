// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { Refused } from '../../lib/refused.ts'
import { localDate } from '../system/scope.ts'

/**
 * Evidence bundles: evidence with everything that is needed to verify it offline, with tools that Assay's authors did
 * not write. A bundle is made once; what is exported is itself recorded in the ledger.
 */

/** Codes of this slice. */
export type BundleRefusal =
  | 'UNKNOWN_BUNDLE'
  | 'UNKNOWN_CONTROL'
  | 'PERIOD_ENDS_BEFORE_START'
  | 'NOT_PUBLISHED'
  | 'NOTHING_TO_EXPORT'
  | 'TOO_MUCH_TO_EXPORT'
  | 'STORAGE_FULL'

/** What a bundle is to hold; nothing given is everything. */
export const wantedSchema = z.strictObject({
  controls: z.array(z.string().max(20)).max(134).optional().describe('Only evidence put forward for these controls'),
  collections: z.array(z.string().max(40)).max(5000).optional().describe('Only these readings'),
  from: localDate.optional().describe('First day of what was observed'),
  to: localDate.optional().describe('Last day of what was observed, included'),
})
export type Wanted = z.infer<typeof wantedSchema>

/** @throws Refused PERIOD_ENDS_BEFORE_START, UNKNOWN_CONTROL */
export function checkWanted({ from, to, controls }: Wanted, known: (control: string) => boolean): void {
  if (from !== undefined && to !== undefined && to < from)
    throw new Refused('PERIOD_ENDS_BEFORE_START', `expected a last day from ${from} on, got ${to}`, { pointer: '/to' })
  const unknown = controls?.findIndex((control) => !known(control)) ?? -1
  if (unknown >= 0)
    throw new Refused('UNKNOWN_CONTROL', `there is no control ${controls?.[unknown]}`, {
      pointer: `/controls/${unknown}`,
    })
}

/** Records a bundle may hold. */
export const RECORDS_MOST = 200_000

/** One record of a bundle as its index tells it. */
export interface RecordLine {
  readonly id: string
  /** The control whose folder it lies in; `unassigned` when it is evidence for none. */
  readonly control: string
  /** All controls it is evidence for, sorted. */
  readonly controls: readonly string[]
  readonly source: string
  readonly stream: string
  readonly kind: string
  readonly outcome: string
  readonly why: string | null
  readonly listed: number
  readonly collected: number
  readonly unreachable: number
  readonly observed_at: string
  readonly recorded_at: string
  readonly suspect: string | null
  readonly superseded_by: string | null
  readonly manifest: string
  readonly index: number
  /** The statement by which it was erased; its own statement and files are gone. */
  readonly erased_by: string | null
  /** Its statement was lost with a damaged database; only the leaf is left. */
  readonly is_lost: boolean
  /** Proven by time-stamps: made after, and existed before. */
  readonly made_after: string | null
  readonly existed_before: string | null
}

const LATE_MS = 24 * 3_600_000

/** Why a reader should look at a record before relying on it; empty when there is nothing to tell. */
export function remarksOf(line: RecordLine): string[] {
  const late = Date.parse(line.recorded_at) - Date.parse(line.observed_at) > LATE_MS
  return [
    ...(line.outcome === 'complete' ? [] : [`the reading is ${line.outcome}: ${line.why ?? 'no reason was given'}`]),
    ...(line.unreachable > 0 ? [`${line.unreachable} of ${line.listed} subjects could not be reached`] : []),
    ...(late ? [`recorded ${line.recorded_at}, long after it was observed`] : []),
    ...(line.suspect === null ? [] : [line.suspect]),
    ...(line.superseded_by === null ? [] : [`replaced by ${line.superseded_by}`]),
    ...(line.erased_by === null ? [] : [`erased, as the statement ${line.erased_by} says`]),
    ...(line.is_lost ? ['its statement was lost with a damaged database; its leaf is in the log'] : []),
    ...(line.existed_before === null ? ['no authority has vouched for it yet'] : []),
  ]
}

/** A cell of a table: quoted, and never a formula to whatever opens it. */
const cell = (value: string | number | null): string => {
  const text = String(value ?? '')
  const safe = /^[=+\-@\t\r\uFF0B\uFF0D\uFF1D\uFF20]/.test(text) && typeof value !== 'number' ? `'${text}` : text
  return `"${safe.replaceAll('"', '""')}"`
}
const csv = (rows: readonly (readonly (string | number | null)[])[]): string =>
  rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('')

export const folderOf = ({ control, id }: Pick<RecordLine, 'control' | 'id'>): string =>
  `data/evidence/${control}/${id}`

export const indexCsv = (lines: readonly RecordLine[]): string =>
  csv([
    [
      'folder',
      'control',
      'all_controls',
      'source',
      'stream',
      'kind',
      'outcome',
      'listed',
      'collected',
      'unreachable',
      'observed',
      'recorded',
      'made_after',
      'existed_before',
      'leaf',
      'manifest',
    ],
    ...lines.map((line) => [
      folderOf(line).slice('data/'.length),
      line.control,
      line.controls.join(' '),
      line.source,
      line.stream,
      line.kind,
      line.outcome,
      line.listed,
      line.collected,
      line.unreachable,
      line.observed_at,
      line.recorded_at,
      line.made_after,
      line.existed_before,
      line.index,
      line.manifest,
    ]),
  ])

/** Something that is no record and must not be overlooked: a run without result, a time-stamp left out. */
export interface Oddity {
  readonly what: string
  readonly remark: string
}

export const exceptionsCsv = (lines: readonly RecordLine[], oddities: readonly Oddity[]): string =>
  csv([
    ['folder', 'remark'],
    ...lines.flatMap((line) => remarksOf(line).map((remark) => [folderOf(line).slice('data/'.length), remark])),
    ...oddities.map(({ what, remark }) => [what, remark]),
  ])

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** The index as a page without script. */
export function indexHtml(title: string, lines: readonly RecordLine[]): string {
  const rows = lines.map((line) => {
    const folder = folderOf(line).slice('data/'.length)
    const cells = [
      line.control,
      line.source,
      line.stream,
      line.outcome,
      `${line.collected} of ${line.listed}`,
      line.observed_at,
    ]
    const remarks = remarksOf(line).map(escaped).join('<br>')
    return `<tr>${cells.map((text) => `<td>${escaped(text)}</td>`).join('')}<td>${remarks}</td><td><a href="${escaped(folder)}/">files</a></td></tr>`
  })
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${escaped(title)}</title>
<style>body{font:14px/1.5 system-ui,sans-serif;margin:32px;max-width:1200px}table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ccc;padding:6px 8px;text-align:left;vertical-align:top}</style>
<h1>${escaped(title)}</h1>
<p>${lines.length} records. This page is a help for reading; what is proved is in the folders. See README.md.</p>
<table>
<thead><tr><th>Control</th><th>Source</th><th>Stream</th><th>Reading</th><th>Collected</th><th>Observed</th><th>Remarks</th><th></th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
</html>
`
}

/** What the reader of a bundle must know, in words. */
export const readme = (about: {
  readonly organization: string
  readonly origin: string
  readonly size: number
  readonly records: number
}): string => `# Evidence of ${about.organization}

${about.records} records, with the proof that each is in the log \`${about.origin}\` of ${about.size} entries.

## Verify it

    bash data/VERIFY.sh                      bash, coreutils and OpenSSL 3; nothing of Assay
    bash data/VERIFY.sh --key '<log key>'    the same, against the key that you wrote down earlier

Each prints what it checked and ends with 0 when everything holds. Changing any byte of any file makes it refuse. A script that
comes with a bundle could be made to lie: read it (it is short), or take it from where you trust. \`assay verify\` and the
page /verify of any Assay do the same in another implementation.

## What this proves

- These bytes are the ones that were collected, by the connector and query that each manifest names, and unchanged since.
- Nothing was taken out of the log or put in between: every stream counts without gaps.
- Where there are time-stamps (\`data/log\`), these records existed before the moment each names.

## What it does not prove

- That the source system told the truth.
- Without a witness, that the organisation keeps no second log. Whoever kept an earlier checkpoint can hold this log against it.

\`index.csv\` and \`index.html\` help to find things; \`exceptions.csv\` lists what is incomplete, late, odd or replaced. Only what
lies in \`evidence/\`, \`log/\` and \`trust/\` is proved by the log.
`
