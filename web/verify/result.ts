// SPDX-License-Identifier: Apache-2.0
import { CHECKS, type BundleSummary, type Check, type Verdict } from '../../proof/verify.ts'
import { h, mark } from './dom.ts'
import { MOST_LISTED, type Tally } from './tally.ts'

const n = (value: number): string => value.toLocaleString('en')
const s = (value: number, one: string, many = `${one}s`): string => `${n(value)} ${value === 1 ? one : many}`

/** What came of it: one sentence, what the bundle is, what was looked at, and what does not hold. */
export function showResult(name: string, summary: BundleSummary, tally: Tally): HTMLElement {
  return h(
    'section',
    { class: 'flex flex-col gap-6', 'aria-label': 'Result' },
    headline(summary),
    summary.ok ? undefined : failures(tally),
    ...warnings(summary),
    facts(name, summary),
    looked(tally, summary),
  )
}

/** Not a bundle at all. */
export function showTrouble(name: string, message: string): HTMLElement {
  return h(
    'div',
    { role: 'alert', class: 'rounded bg-fail-soft px-4 py-3 text-fail-text' },
    h('p', { class: 'flex items-center gap-2 font-medium' }, mark(false), `${name} is no bundle that can be read`),
    h('p', { class: 'mt-1' }, message),
  )
}

function headline({ ok, verdicts, failures: bad }: BundleSummary): HTMLElement {
  const look = ok ? 'bg-pass-soft text-pass-text' : 'bg-fail-soft text-fail-text'
  return h(
    'div',
    { role: 'alert', class: `rounded px-5 py-4 ${look}` },
    h(
      'p',
      { class: 'flex items-center gap-2 text-lg font-semibold' },
      mark(ok),
      ok ? 'Everything holds' : bad === 1 ? 'One thing does not hold' : `${n(bad)} things do not hold`,
    ),
    h('p', { class: 'mt-0.5' }, `${s(verdicts, 'thing')} looked at, ${bad === 0 ? 'none' : n(bad)} of them at fault.`),
  )
}

function warnings({ pinned, stamps }: BundleSummary): HTMLElement[] {
  const note = (text: string): HTMLElement => h('p', { class: 'rounded bg-late-soft px-4 py-2.5 text-late-text' }, text)
  return [
    ...(pinned.key
      ? []
      : [
          note(
            'The log key was taken from the bundle itself. Give the key you know from elsewhere to be sure whose log this is.',
          ),
        ]),
    ...(stamps.length === 0 ? [note('No time-stamp holds in it: when the records existed is only claimed.')] : []),
    ...(stamps.length > 0 && !pinned.tsa
      ? [
          note(
            'The authorities’ certificates were taken from the bundle itself. Give the roots you trust to be sure of the times.',
          ),
        ]
      : []),
  ]
}

function facts(name: string, summary: BundleSummary): HTMLElement {
  const rows: [string, string][] = [
    ['File', name],
    ['Holds', `${s(summary.evidence, 'record')} of evidence in ${s(summary.files, 'file')}`],
    ...(summary.erased > 0 ? [['Erased', s(summary.erased, 'record')] as [string, string]] : []),
    ...(summary.log
      ? ([
          ['Log', summary.log.origin],
          ['Size of the log', s(summary.log.size, 'entry', 'entries')],
          ['Signed with', summary.log.key],
        ] as [string, string][])
      : []),
    ...summary.stamps.map((stamp): [string, string] => ['Time-stamp', stampText(stamp)]),
  ]
  return h(
    'dl',
    { class: 'grid grid-cols-[minmax(96px,max-content)_1fr] gap-x-6 gap-y-1.5' },
    ...rows.flatMap(([term, text]) => [
      h('dt', { class: 'text-ink-3' }, term),
      h('dd', { class: 'min-w-0 break-all' }, text),
    ]),
  )
}

const stampText = ({ authority, genTime_ms, size }: BundleSummary['stamps'][number]): string =>
  `${authority} on ${new Date(genTime_ms).toISOString().slice(0, 19).replace('T', ' ')} UTC, for ${s(size, 'entry', 'entries')}`

function failures({ failures: bad }: Tally): HTMLElement {
  return h(
    'div',
    { class: 'flex flex-col gap-2' },
    h('h2', { class: 'text-lg font-semibold' }, 'What does not hold'),
    h('ul', { class: 'divide-y divide-line border-y border-line' }, ...bad.map((verdict) => failure(verdict))),
    bad.length === MOST_LISTED && h('p', { class: 'text-sm text-ink-3' }, `The first ${MOST_LISTED} are listed.`),
  )
}

function failure(verdict: Verdict): HTMLElement {
  const line = (term: string, text: string): HTMLElement =>
    h(
      'p',
      { class: 'text-sm' },
      h('span', { class: 'text-ink-3' }, `${term} `),
      h('span', { class: 'break-all' }, text),
    )
  return h(
    'li',
    { class: 'flex gap-3 py-2.5' },
    h('span', { class: 'mt-0.75' }, mark(false)),
    h(
      'div',
      { class: 'min-w-0' },
      h('p', {}, CHECKS[verdict.check]),
      h('p', { class: 'font-mono text-xs break-all text-ink-2' }, verdict.subject),
      line('expected', verdict.expected),
      line('got', verdict.got),
    ),
  )
}

function looked({ counts }: Tally, { stamps }: BundleSummary): HTMLElement {
  const row = (check: Check): HTMLElement | undefined => {
    const count = counts.get(check)
    // A bundle without time-stamps has nothing that could hold here, and must not look as if it had.
    if (!count || (check === 'time' && count.bad === 0 && stamps.length === 0)) return undefined
    return h(
      'tr',
      { class: 'border-b border-line' },
      h('td', { class: 'w-6 py-2' }, mark(count.bad === 0)),
      h('td', { class: 'py-2 pr-3' }, CHECKS[check]),
      h('td', { class: 'tabular py-2 text-right whitespace-nowrap' }, `${n(count.good)} hold`),
      h(
        'td',
        { class: 'tabular py-2 pl-4 text-right whitespace-nowrap' },
        count.bad === 0 ? '' : `${n(count.bad)} do not`,
      ),
    )
  }
  return h(
    'div',
    { class: 'flex flex-col gap-2' },
    h('h2', { class: 'text-lg font-semibold' }, 'What was looked at'),
    h(
      'table',
      { class: 'w-full text-sm', 'aria-label': 'What was looked at' },
      h('tbody', {}, ...(Object.keys(CHECKS) as Check[]).map(row)),
    ),
  )
}
