// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { longestFunction, sources } from './house.ts'

/** What the gates let pass, each with its present size. The list may only shrink. */
const exceptions = JSON.parse(readFileSync('test/exceptions.json', 'utf8')) as Record<string, number>
const all = sources()

const over = (limitOf: (path: string) => number, size: (text: string) => number): string[] =>
  all.flatMap(({ path, text }) => {
    const n = size(text)
    return n > Math.max(limitOf(path), exceptions[path] ?? 0) ? [`${path}: ${n}`] : []
  })

describe('gates (CONTRIBUTING.md)', () => {
  test('no file is longer than 300 lines', () => {
    expect(
      over(
        () => 300,
        (text) => text.split('\n').length - 1,
      ),
    ).toEqual([])
  })
  test('no function is longer than 70 lines, no component longer than 150', () => {
    expect(
      over(
        (path) => (path.endsWith('.tsx') ? 150 : 70),
        (text) => longestFunction(text).lines,
      ),
    ).toEqual([])
  })
  test('no exception is larger than it must be', () => {
    const stale = Object.entries(exceptions).filter(([path, allowed]) => {
      const text = all.find((source) => source.path === path)?.text
      return text === undefined || allowed > Math.max(text.split('\n').length - 1, longestFunction(text).lines)
    })
    expect(stale).toEqual([])
  })
  test('no type is escaped and no error swallowed', () => {
    const banned = /: any\b|\bas any\b|<any>|@ts-ignore|@ts-expect-error|@ts-nocheck|catch\s*(?:\([^)]*\))?\s*\{\s*\}/
    expect(all.filter(({ text }) => banned.test(text)).map(({ path }) => path)).toEqual([])
  })
  test('every file says under which licence it stands', () => {
    expect(
      all
        .filter(({ text }) => !/^(#!.*\n)?\/[/*]+ SPDX-License-Identifier: Apache-2\.0/.test(text))
        .map(({ path }) => path),
    ).toEqual([])
  })
  test('files are named for what is in them', () => {
    const vague = /(^|\/)(utils?|helpers?|types|constants|common|misc)(\.tsx?$|\/)/
    expect(all.filter(({ path }) => vague.test(path)).map(({ path }) => path)).toEqual([])
  })
})
