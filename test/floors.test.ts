// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readMigrations } from '../lib/migrate.ts'
import { floorOf, SLICES, sliceOf, sources, type Source } from './house.ts'

const all = sources()
const byPath = new Map(all.map((source) => [source.path, source]))
const order = new Map<string, number>(SLICES.map((slice, i) => [slice, i]))

const offences = (find: (source: Source) => string[]): string[] => all.flatMap(find)

describe('floors (ARCHITECTURE.md)', () => {
  test('a file imports its own floor or a lower one, never up', () => {
    expect(
      offences(({ path, imports }) => {
        const floor = floorOf(path)
        if (floor === 'web') return []
        return imports
          .filter(({ isOurs, isType, target }) => {
            const other = floorOf(target)
            if (!isOurs || (isType && path.startsWith('lib/') === false && other !== 'web')) return false
            return other === 'web' || other > floor
          })
          .map(({ target }) => `${path} -> ${target}`)
      }),
    ).toEqual([])
  })

  test('slices import only to their left', () => {
    expect(
      offences(({ path, imports }) => {
        const slice = sliceOf(path)
        if (slice === undefined || floorOf(path) === 'web') return []
        return imports.flatMap(({ target }) => {
          const other = sliceOf(target)
          if (other === undefined || other === slice) return []
          const left = (order.get(other) ?? Infinity) < (order.get(slice) ?? -1)
          return left ? [] : [`${path} -> ${target}`]
        })
      }),
    ).toEqual([])
  })

  test('every slice has its place in the order', () => {
    const folders = readdirSync('features', { withFileTypes: true }).flatMap((f) => (f.isDirectory() ? [f.name] : []))
    expect(folders.filter((folder) => !order.has(folder))).toEqual([])
  })

  test("an operation never calls another slice's operation", () => {
    expect(
      offences(({ path, imports }) =>
        floorOf(path) !== 5
          ? []
          : imports
              .filter(({ target }) => floorOf(target) === 5 && sliceOf(target) !== sliceOf(path))
              .map(({ target }) => `${path} -> ${target}`),
      ),
    ).toEqual([])
  })

  test('rules and checks take no clock, no randomness, no file and no network', () => {
    const banned = /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\brandomBytes\(|\brandomUUID\(|\bfetch\(/
    expect(
      offences(({ path, text, imports }) => {
        if (floorOf(path) !== 3) return []
        const io = imports.filter(
          ({ target, isType }) => !isType && /^node:(fs|net|http|child_process|tls|dns)/.test(target),
        )
        return [
          ...(banned.test(text) ? [`${path}: clock or randomness`] : []),
          ...io.map(({ target }) => `${path} -> ${target}`),
        ]
      }),
    ).toEqual([])
  })

  test('the verifier has no dependency, no network and no clock of its own', () => {
    expect(
      offences(({ path, text, imports }) =>
        !path.startsWith('proof/')
          ? []
          : [
              ...imports
                .filter(({ target, isOurs, isType }) =>
                  isOurs ? !target.startsWith('proof/') : !isType && !target.startsWith('node:'),
                )
                .map(({ target }) => `${path} -> ${target}`),
              ...(/\bDate\.now\(|\bnew Date\(\)|\bfetch\(/.test(text) ? [`${path}: clock or network`] : []),
            ],
      ),
    ).toEqual([])
  })

  test('nothing that a page reaches imports node or the database', () => {
    const reached = new Set<string>()
    const queue = all.filter(({ path }) => floorOf(path) === 'web').map(({ path }) => path)
    const found: string[] = []
    for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
      if (reached.has(path)) continue
      reached.add(path)
      for (const { target, isOurs, isType } of byPath.get(path)?.imports ?? []) {
        if (isType) continue
        if (isOurs) queue.push(target)
        else if (/^(node:|pg$|kysely|fastify)/.test(target)) found.push(`${path} -> ${target}`)
      }
    }
    expect(found).toEqual([])
  })

  test('imports make no circles', () => {
    const state = new Map<string, 'open' | 'done'>()
    const circles: string[] = []
    const visit = (path: string, trail: readonly string[]): void => {
      if (state.get(path) === 'done') return
      if (state.get(path) === 'open') {
        circles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '))
        return
      }
      state.set(path, 'open')
      for (const { target, isOurs, isType } of byPath.get(path)?.imports ?? [])
        if (isOurs && !isType && byPath.has(target)) visit(target, [...trail, path])
      state.set(path, 'done')
    }
    for (const { path } of all) visit(path, [])
    expect(circles).toEqual([])
  })
})

describe('tables', () => {
  const owners = new Map<string, string>()
  for (const { owner, text } of readMigrations('db/migrations'))
    for (const [, table] of text.matchAll(/create table (?:if not exists )?(\w+)/g)) owners.set(table!, owner) // the pattern has one group

  test('only the owner of a table writes it', () => {
    const write = /\b(?:insert\s+into|update|delete\s+from|truncate)\s+(?:only\s+)?([a-z_]+)\b/g
    expect(
      offences(({ path, text }) =>
        path.startsWith('proof/') || path.startsWith('web/')
          ? []
          : [...text.matchAll(write)].flatMap(([, table]) => {
              const owner = owners.get(table ?? '')
              return owner === undefined || path.startsWith(`${owner}/`) ? [] : [`${path} writes ${table} of ${owner}`]
            }),
      ),
    ).toEqual([])
  })

  test('SQL stands in stores and plumbing only', () => {
    const statement = /sql`\s*(?:select|insert|update|delete|with)\b/
    expect(
      offences(({ path, text }) => {
        const floor = floorOf(path)
        return floor === 1 || floor === 4 || !statement.test(text) ? [] : [path]
      }),
    ).toEqual([])
  })
})

describe('registries', () => {
  const folders = (path: string): string[] =>
    readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
  test('every connector folder is in the registry', () => {
    const registry = readFileSync('catalog/connectors/registry.ts', 'utf8')
    expect(folders('catalog/connectors').filter((name) => !registry.includes(`./${name}/`))).toEqual([])
  })
  test('every kind is in the registry', () => {
    const registry = readFileSync('catalog/kinds/registry.ts', 'utf8')
    const files = readdirSync('catalog/kinds').filter((name) => name.endsWith('.ts') && !/registry|\.test\./.test(name))
    expect(files.filter((name) => !registry.includes(`./${name}`))).toEqual([])
  })
  test('every slice with operations is in the list of operations', () => {
    const index = readFileSync('features/index.ts', 'utf8')
    const slices = all.flatMap(({ path }) =>
      /^features\/([a-z]+)\/\1\.actions\.ts$/.test(path) ? [path.slice('features/'.length)] : [],
    )
    expect(slices.filter((path) => !index.includes(`./${path}`))).toEqual([])
  })
})
