// SPDX-License-Identifier: Apache-2.0
import { stringify } from 'csv-stringify/sync'
import type { Instant } from '../../lib/time.ts'
import { folderOf, UNASSIGNED, type Exception, type Item, type Standing } from './bundle.ts'

/** What the pages of a bundle say of it. */
export interface BundleFacts {
  readonly name: string
  readonly organization: string
  /** The selection in words. */
  readonly selection: string
  readonly requested_at: Instant
  readonly origin: string
  readonly size: number
  readonly key: string
  readonly items: number
  readonly exceptions: number
  /** Time-stamps inside: authority, tree, moment. */
  readonly stamps: readonly { readonly authority: string; readonly size: number; readonly gen_time: Instant }[]
}

/** A cell that a spreadsheet would run as a formula is written as text. */
const csv = (rows: readonly (readonly unknown[])[]): string =>
  stringify(
    rows.map((row) => [...row]),
    { escape_formulas: true, record_delimiter: 'unix' },
  )

export type IndexRow = Item & Standing

/** `index.csv`: one line an item. */
export const indexCsv = (rows: readonly IndexRow[]): string =>
  csv([
    [
      ...['control', 'all_controls', 'id', 'type', 'kind', 'source', 'stream', 'outcome', 'observed_at', 'recorded_at'],
      ...['made_after', 'existed_before', 'leaf', 'statement_sha256', 'supersedes', 'superseded_by', 'erased', 'folder'],
    ],
    ...rows.map((row) => [
      ...[row.controls[0] ?? UNASSIGNED, row.controls.join(' '), row.id, row.type, row.kind, row.source, row.stream],
      ...[row.outcome, row.observed_at, row.recorded_at, row.after ?? '', row.before ?? '', row.index, row.manifest],
      ...[row.supersedes ?? '', row.superseded_by ?? '', row.erased_by === null ? 'no' : 'yes', folderOf(row)],
    ]),
  ])

/** `exceptions.csv`: what must not be overlooked. */
export const exceptionsCsv = (rows: readonly Exception[]): string =>
  csv([
    ['what', 'id', 'control', 'at', 'because'],
    ...rows.map(({ what, id, control, at, because }) => [what, id, control, at, because]),
  ])

/** Items shown on the page; all are in `index.csv`. */
const SHOWN = 2000

/** `index.html`: a page to read, without scripts. */
export function indexHtml(facts: BundleFacts, rows: readonly IndexRow[]): string {
  const counts = new Map<string, number>()
  for (const { controls } of rows) counts.set(controls[0] ?? UNASSIGNED, (counts.get(controls[0] ?? UNASSIGNED) ?? 0) + 1)
  const shown = rows.slice(0, SHOWN)
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Evidence of ${html(facts.organization)}</title>
<style>
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8884; vertical-align: top }
td.number { text-align: right }
code { overflow-wrap: anywhere }
</style>
<h1>Evidence of ${html(facts.organization)}</h1>
<p>${html(sentence(facts.selection))}: ${facts.items} items, exported ${html(facts.requested_at)} from the log
<code>${html(facts.origin)}</code> of ${facts.size} entries.
${facts.exceptions === 0 ? 'Nothing is out of the ordinary.' : `<a href="exceptions.csv">${facts.exceptions} things</a> must not be overlooked.`}
<a href="README.md">How to verify it</a>, <a href="index.csv">as a table</a>.</p>
<h2>Controls</h2>
<table><thead><tr><th scope="col">Control<th scope="col">Items</tr></thead><tbody>
${[...counts].map(([control, count]) => `<tr><td>${html(control)}<td class="number">${count}</tr>`).join('\n')}
</tbody></table>
<h2>Items</h2>
<table><thead><tr><th scope="col">Control<th scope="col">Item<th scope="col">What<th scope="col">Observed<th scope="col">Existed before</tr></thead><tbody>
${shown.map(itemRow).join('\n')}
</tbody></table>
${rows.length > SHOWN ? `<p>The first ${SHOWN} of ${rows.length} items; all are in <a href="index.csv">index.csv</a>.</p>` : ''}
</html>
`
}

const itemRow = (row: IndexRow): string =>
  `<tr><td>${html(row.controls.join(', ') || UNASSIGNED)}<td><a href="${html(folderOf(row))}/">${html(row.id)}</a>` +
  `<td>${html(`${row.kind}, ${row.source}, ${row.outcome}`)}<td>${html(row.observed_at)}<td>${html(row.before ?? 'not proven')}</tr>`

const html = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (special) => `&#${special.codePointAt(0)};`)

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** `README.md`: what is inside, how to verify it, and what it does not say. */
export const readme = (facts: BundleFacts): string => `# Evidence of ${facts.organization.replaceAll(/[\r\n]/g, ' ')}

${sentence(facts.selection)}: ${facts.items} items, exported ${facts.requested_at}. Open \`index.html\` to look around;
\`index.csv\` lists every item, \`exceptions.csv\` the ${facts.exceptions} things that must not be overlooked: late, incomplete,
corrected or erased items, and runs that gave no result.

## Verify it

Nothing here needs to be believed. Any of these looks at every file:

    bash data/VERIFY.sh                        bash, GNU coreutils, OpenSSL 3; no network
    assay-verify ${facts.name}.zip             Node 22; recomputes the whole log as well
    sha256sum -c manifest-sha256.txt           the files alone (BagIt, RFC 8493)

A bundle brings its own key and its own script, so compare two things with what you know from elsewhere: the script, and
the key of the log, which you were given when the engagement began:

    ${facts.key}

Both verifiers take it by \`--key\`. ${stampText(facts)}

## What is inside

| Where | What |
|---|---|
| \`evidence/<control>/<id>/files/\` | the bytes exactly as they came from the source |
| \`…/manifest.dsse.json\` | what was asked, what came back, when and by whom: an in-toto statement, signed (DSSE) by the collector |
| \`…/leaf.json\` | the entry of the log: the SHA-256 of that statement, its number in its stream, its claimed time |
| \`…/leaf.json.tlog-proof\` | that the entry is in the log (C2SP tlog-proof, RFC 6962) |
| \`…/erasure/\` | instead of statement and files: the entry that says why they were erased |
| \`log/checkpoint\` | size and root of the log, signed (C2SP tlog-checkpoint, Ed25519) |
| \`log/checkpoint.*.tsr\`, \`log/stamps/\` | time-stamps over checkpoints (RFC 3161), with proofs that the log continues each |
| \`log/tile/\` | the whole log (C2SP tlog-tiles); its entries hold no personal data |
| \`trust/\` | keys of the log and the collectors with the entries that announce them; roots of the authorities |

## What it proves, and what it does not

Each statement was signed by a registered collector, has not changed since, and existed before the first time-stamp that
covers it. No entry of a stream is missing: they are counted, and each names the one before it. A log that was shown to
you whole is the one that others see only if somebody else witnessed it: keep the checkpoint.

It does not prove that a source system told the truth. The statement has the query, so that you can ask it again.
`

function stampText({ stamps, size }: BundleFacts): string {
  if (stamps.length === 0) return 'There is no time-stamp inside: moments are claimed by the log alone.'
  const names = [...new Set(stamps.map(({ authority }) => authority))].join(', ')
  const whole = stamps.find((stamp) => stamp.size === size)
  return (
    `There are ${stamps.length} time-stamps inside, by ${names}` +
    `${whole ? `; the whole log existed before ${whole.gen_time}` : ''}. Give the root certificates that you trust by \`--tsa\`.`
  )
}
