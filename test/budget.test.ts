// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'

/** The pages as `npm test` built them. */
const dist = fileURLToPath(new URL('../dist/web', import.meta.url))
const gzipped = (path: string): number => gzipSync(readFileSync(join(dist, path)), { level: 6 }).length
const listed = (page: string): string[] =>
  [...readFileSync(join(dist, page), 'utf8').matchAll(/(?:src|href)="\/([^"]+\.(?:js|css))"/g)].map(([, path]) => path!)

/** Files that come at once with these: what they import, but not what they fetch when it is wanted. */
function withImports(paths: readonly string[]): Set<string> {
  const found = new Set(paths)
  for (const path of found) {
    if (!path.endsWith('.js')) continue
    for (const [, name] of readFileSync(join(dist, path), 'utf8').matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g))
      found.add(`assets/${name}`)
  }
  return found
}
const weigh = (paths: readonly string[]): number =>
  [...withImports(paths)].reduce((sum, path) => sum + gzipped(path), 0)

test('the first page that somebody opens, whichever it is, comes with at most 200 kB', () => {
  const pages = readdirSync(join(dist, 'assets')).filter((name) => /Page-[\w-]+\.js$/.test(name))
  expect(pages.length).toBeGreaterThan(20)
  const heavy = pages
    .map((page) => [page, weigh([...listed('index.html'), `assets/${page}`])] as const)
    .filter(([, bytes]) => bytes > 200_000)
  expect(heavy).toEqual([])
})

test('whoever only verifies a bundle loads at most 30 kB', () => {
  expect(weigh(listed('verify.html').filter((path) => path.endsWith('.js')))).toBeLessThanOrEqual(30_000)
})
