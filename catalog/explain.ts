// SPDX-License-Identifier: Apache-2.0
import { walk, type Expression } from './cel.ts'
import { faultOf, oneLine, type Prepared, type Scope } from './evaluation.ts'

/** The values behind a verdict, for people. */
export interface Explanation {
  /** Each condition of `where` and `assert` with what it gave, and the fields it looked at; in the order of the text. */
  readonly parts: readonly { readonly in: 'where' | 'assert'; readonly text: string; readonly value: unknown }[]
  /** How many rows each lookup found, and the first of them. */
  readonly joined: readonly { readonly name: string; readonly rows: number; readonly first: readonly unknown[] }[]
}

const SHOWN_MOST = 5

export function explanation(where: Prepared | undefined, assert: Prepared, scope: Scope): Explanation {
  const parts = new Map<string, Explanation['parts'][number]>()
  const add = (name: 'where' | 'assert', text: string, value: unknown): void => {
    if (!parts.has(`${name} ${text}`)) parts.set(`${name} ${text}`, { in: name, text, value })
  }
  for (const [name, prepared] of [
    ['where', where],
    ['assert', assert],
  ] as const)
    for (const [i, part] of (prepared?.parts ?? []).entries()) {
      add(name, oneLine(part.source), valueOf(part, scope))
      for (const inner of valuesInside(part, scope)) add(name, inner.text, inner.value)
      const offenders = prepared?.offenders[i]
      if (offenders) add(name, oneLine(offenders.source), valueOf(offenders, scope))
    }
  const joined = Object.entries(scope.variables)
    .filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]))
    .map(([name, rows]) => ({ name, rows: rows.length, first: rows.slice(0, SHOWN_MOST).map((row) => plain(row)) }))
  return { parts: [...parts.values()], joined }
}

/** The fields that a part looks at, outside the rows of its loops. */
function valuesInside(part: Expression, scope: Scope): { text: string; value: unknown }[] {
  const seen = new Map<string, unknown>()
  walk(part.ast, (node) => {
    if (node.op !== '.' || node.args[0].op !== 'id') return
    const [root, field] = [node.args[0].args, node.args[1]]
    if (root !== 'subject' && root !== 'params' && root !== 'period') return
    const value = (scope.variables[root] as Readonly<Record<string, unknown>>)[field]
    seen.set(`${root}.${field}`, value === undefined ? 'the source did not say' : plain(value))
  })
  return [...seen].map(([text, value]) => ({ text, value }))
}

function valueOf(expression: Expression, scope: Scope): unknown {
  try {
    return plain(expression.run(scope.variables))
  } catch (error) {
    return `no value: ${faultOf(error)}`
  }
}

/** A CEL value as JSON that a person reads. */
function plain(value: unknown, depth = 0): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Date) return value.toISOString()
  if (value === null || typeof value !== 'object') return value
  if (depth > 4) return '…'
  if (Array.isArray(value)) return value.slice(0, SHOWN_MOST).map((item) => plain(item, depth + 1))
  if (value instanceof Map) return Object.fromEntries([...value].map(([k, v]) => [String(k), plain(v, depth + 1)]))
  if ('seconds' in value && 'nanos' in value) return `${String(value.seconds)}s`
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(v, depth + 1)]))
}
