// SPDX-License-Identifier: Apache-2.0

/** The member at the end of a path, `undefined` where the path leaves the value. Only own members count. */
export function memberAt(value: unknown, ...path: readonly string[]): unknown {
  let at: unknown = value
  for (const name of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined
    at = (at as Record<string, unknown>)[name]
  }
  return at
}

/** The text at the end of a path, without white space around; `undefined` when there is none or it is blank. */
export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const text = memberAt(value, ...path)
  return typeof text === 'string' && text.trim() !== '' ? text.trim() : undefined
}

/** The list at the end of a path; empty when there is none. */
export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const list = memberAt(value, ...path)
  return Array.isArray(list) ? list : []
}
