// SPDX-License-Identifier: Apache-2.0
import { Fault, Row, type Frame, type Type, type Value } from '../lib/cel/value.ts'
import { PERIOD_SLOT, walk, type Expression } from './cel.ts'
import type { Check } from './check.ts'
import { oneLine, type Prepared } from './evaluation.ts'
import type { Body } from './rows.ts'

/** The values behind a verdict, for people. */
export interface Explanation {
  /** Each condition of `where` and `assert` with what it gave, and the fields it looked at; in the order of the text. */
  readonly parts: readonly { readonly in: 'where' | 'assert'; readonly text: string; readonly value: unknown }[]
  /** How many rows each lookup found, and the first of them. */
  readonly joined: readonly { readonly name: string; readonly rows: number; readonly first: readonly unknown[] }[]
}

const SHOWN_MOST = 5

interface Explained {
  readonly where: Prepared | undefined
  readonly assert: Prepared
  readonly check: Check
  readonly body: Body
  /** With the rows that belong to the subject. */
  readonly frame: Frame
}

export function explanation({ where, assert, check, body, frame }: Explained): Explanation {
  const parts = new Map<string, Explanation['parts'][number]>()
  const add = (name: 'where' | 'assert', text: string, value: unknown): void => {
    if (!parts.has(`${name} ${text}`)) parts.set(`${name} ${text}`, { in: name, text, value })
  }
  const holders = { subject: body, params: check.params, period: (frame[PERIOD_SLOT] as Row).body } // joined before
  for (const [name, prepared] of [
    ['where', where],
    ['assert', assert],
  ] as const)
    for (const [i, part] of (prepared?.parts ?? []).entries()) {
      add(name, oneLine(part.source), valueOf(part, frame))
      for (const inner of valuesInside(part, holders)) add(name, inner.text, inner.value)
      const offenders = prepared?.offenders[i]
      if (offenders) add(name, oneLine(offenders.source), valueOf(offenders, frame))
    }
  const joined = Object.keys(check.lookup).map((name, i) => {
    const rows = frame[PERIOD_SLOT + 1 + i] as readonly Row[] // lookups follow in the order they are declared in
    return { name, rows: rows.length, first: rows.slice(0, SHOWN_MOST).map((row) => row.body) }
  })
  return { parts: [...parts.values()], joined }
}

/** The fields that a part looks at, outside the rows of its loops. */
function valuesInside(
  part: Expression,
  holders: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): { text: string; value: unknown }[] {
  const seen = new Map<string, unknown>()
  walk(part.ast, (node) => {
    if (node.op !== '.' || node.args[0].op !== 'id') return
    const [root, field] = [node.args[0].args, node.args[1]]
    const holder = Object.hasOwn(holders, root) ? holders[root] : undefined
    if (holder) seen.set(`${root}.${field}`, holder[field] === undefined ? 'the source did not say' : holder[field])
  })
  return [...seen].map(([text, value]) => ({ text, value }))
}

function valueOf({ run, type }: Expression, frame: Frame): unknown {
  const value = run(frame)
  return value instanceof Fault ? `no value: ${value.because}` : plain(value, type)
}

/** A value as JSON that a person reads. */
function plain(value: Value, type: Type): unknown {
  if (value instanceof Row) return value.body
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'number' && type.is === 'timestamp') return new Date(value).toISOString()
  if (typeof value === 'number' && type.is === 'duration') return `${value / 1000}s`
  if (type.is === 'list') return (value as readonly Value[]).slice(0, SHOWN_MOST).map((item) => plain(item, type.of)) // by its type
  if (type.is === 'map')
    return Object.fromEntries(
      [...(value as ReadonlyMap<string, Value>)].map(([key, item]) => [key, plain(item, type.of)]),
    ) // by its type
  return value
}
