// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

/** A source file of the product with what it imports. */
export interface Source {
  readonly path: string
  readonly text: string
  readonly imports: readonly Import[]
}
export interface Import {
  /** Path in the repository, or the name of a package or built-in module. */
  readonly target: string
  readonly isOurs: boolean
  readonly isType: boolean
}

/** Slices from left to right: one may import from itself and to its left. */
export const SLICES = [
  'ledger',
  'people',
  'system',
  'criteria',
  'policies',
  'controls',
  'evidence',
  'connections',
  'monitoring',
  'readiness',
  'tasks',
  'reports',
] as const

const FOLDERS = ['proof', 'lib', 'catalog', 'features', 'entrypoints', 'web', 'demo']

/** Every TypeScript file of the product that git knows or would add, tests left out. */
export function sources(): Source[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...FOLDERS], {
    encoding: 'utf8',
  })
  return [...new Set(listed.split('\n'))]
    .filter((path) => /\.tsx?$/.test(path) && !/\.test\.tsx?$/.test(path) && existsSync(path))
    .map((path) => {
      const text = readFileSync(path, 'utf8')
      return { path, text, imports: importsOf(path, text) }
    })
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/g

function importsOf(path: string, text: string): Import[] {
  return [...text.matchAll(IMPORT)].map((match) => {
    const name = match[2] ?? match[3] ?? ''
    const isOurs = name.startsWith('.')
    return {
      target: isOurs ? normalize(join(dirname(path), name)) : name,
      isOurs,
      isType: match[1] !== undefined,
    }
  })
}

/** The floor a file stands on; the web is a wing of its own. */
export type Floor = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 'web'

export function floorOf(path: string): Floor {
  if (path.startsWith('proof/')) return 0
  if (path.startsWith('lib/')) return 1
  if (path.startsWith('catalog/')) return 2
  if (path.startsWith('web/') || path.endsWith('.tsx') || path.endsWith('.web.ts')) return 'web'
  if (path.startsWith('entrypoints/') || path.startsWith('demo/')) return 7
  if (/^features\/[a-z]+\.ts$/.test(path)) return 6
  if (path.endsWith('actions.ts')) return 5
  if (path.endsWith('store.ts')) return 4
  return 3
}

/** Pure decisions: floor 3, and the files of the catalog that are no content. */
export const isRule = (path: string): boolean => floorOf(path) === 3 || /^catalog\/[^/]+\.ts$/.test(path)

export const sliceOf = (path: string): string | undefined => /^features\/([a-z-]+)\//.exec(path)?.[1]

/** The longest function of a file, by its lines; found by the indentation that the formatter keeps. */
export function longestFunction(text: string): { name: string; lines: number } {
  const lines = text.split('\n')
  let longest = { name: '', lines: 0 }
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? ''
    const start =
      /^(\s*)(?:export )?(?:default )?(?:async )?(?:function\*? (\w+)|(?:const (\w+)[^=]*= (?:async )?(?:\([^)]*|\w+ =>)))/.exec(
        line,
      )
    if (!start) continue
    const indent = start[1] ?? ''
    let end = i + 1
    while (end < lines.length && !new RegExp(`^${indent}[}\\])]`).test(lines[end] ?? '')) {
      if ((lines[end] ?? '').trim() !== '' && !(lines[end] ?? '').startsWith(`${indent} `)) break
      end++
    }
    if (end - i > longest.lines) longest = { name: start[2] ?? start[3] ?? '', lines: end - i }
  }
  return longest
}
