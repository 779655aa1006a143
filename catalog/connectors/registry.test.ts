// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { checkCollected } from '../../features/evidence/evidence.ts'
import { compose } from '../../features/connections/reading.ts'
import { SourceTrouble } from '../../lib/trouble.ts'
import { secretNames, type Io } from '../connector.ts'
import { kinds } from '../kinds/registry.ts'
import { postgresql } from './postgresql/connector.ts'
import { connectorOf, connectors } from './registry.ts'

const folders = readdirSync('catalog/connectors', { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
)

test('every folder is a connector, in the order of the alphabet, under its own name', () => {
  expect(connectors.map(({ id }) => id)).toEqual(folders.toSorted())
  expect(() => connectorOf('nothing')).toThrow(/expected one of git, postgresql; got nothing/)
})

describe.each(connectors.map((connector) => [connector.id, connector] as const))('%s', (id, connector) => {
  const config = connector.config.parse(
    id === 'git' ? { location: 'https://git.example.com/a.git' } : { server: 'own' },
  )
  test('has a version, and says what it reads', () => {
    expect(connector.version).toMatch(/^\d+\.\d+\.\d+$/)
    expect(connector.says.length).toBeGreaterThan(40)
    for (const stream of connector.streams) expect(stream.says.length).toBeGreaterThan(15)
  })
  test('reads kinds that exist, each stream once, in the order of the alphabet', () => {
    const names = connector.streams.map(({ name }) => name)
    expect(names).toEqual([...new Set(names)].toSorted())
    for (const { kind } of connector.streams) expect(kinds).toContain(kind)
  })
  test('says for each permission why it needs it', () => {
    for (const { needs } of connector.streams) {
      expect(needs.length).toBeGreaterThan(0)
      for (const need of needs) {
        expect(need.what.length).toBeGreaterThan(10)
        expect(need.why.length, need.id).toBeGreaterThan(40)
      }
    }
  })
  test('says what it connects to', () => {
    expect(connector.egress(config).length).toBeGreaterThan(0)
  })
  test('asks in its form for every setting and nothing else; secrets are no settings', () => {
    const settings = Object.keys(connector.config.shape)
    const fields = connector.fields.map(({ name }) => name)
    expect([...settings, ...secretNames(connector)].toSorted()).toEqual(fields.toSorted())
    expect(secretNames(connector).filter((name) => settings.includes(name))).toEqual([])
    expect(z.toJSONSchema(connector.config, { io: 'input' }).additionalProperties).toBe(false)
  })
})

const cassette = z.object({
  stream: z.string(),
  recorded: z.string(),
  cfg: z.record(z.string(), z.unknown()),
  pages: z.array(
    z.object({
      listed: z.array(z.string()).optional(),
      answers: z.array(
        z.object({ n: z.number(), name: z.string(), code: z.number(), said: z.string(), text: z.string() }),
      ),
    }),
  ),
  rows: z.array(z.unknown()),
  unreachable: z.array(z.unknown()),
})
const cassettes = connectors.flatMap((connector) =>
  connector.streams.map((stream) => {
    const path = `catalog/connectors/${connector.id}/cassettes/${stream.name}.json`
    return [path, connector, stream, readFileSync(path, 'utf8')] as const
  }),
)

describe('recorded answers (level L2)', () => {
  test.each(cassettes)(
    '%s: the same bytes give the same rows, and each fits its kind',
    (_path, connector, stream, text) => {
      const { cfg, pages, rows, unreachable } = cassette.parse(JSON.parse(text))
      const made = pages.map(({ answers, listed }) =>
        stream.normalise(
          {
            answers: answers.map(({ text: said, ...answer }) => ({ ...answer, bytes: Buffer.from(said) })),
            ...(listed ? { listed } : {}),
          },
          { cfg },
        ),
      )
      expect(made.flatMap((page) => page.rows)).toEqual(rows)
      expect(made.flatMap((page) => page.unreachable)).toEqual(unreachable)
      expect(rows.length).toBeGreaterThan(0)
      const observed_at = '2026-03-02T09:00:00.000Z'
      const end = { remarks: [] }
      const collected = compose(connector, undefined, { stream, pages: made, end, exchanges: [], observed_at })
      checkCollected(collected, observed_at)
      expect(collected).toMatchObject({ outcome: 'complete', collected: rows.length })
    },
  )
  test.each(cassettes)(
    '%s: answers that were cut give fewer rows or none, never a crash',
    (_path, _connector, stream, text) => {
      const { cfg, pages, rows } = cassette.parse(JSON.parse(text))
      for (const part of [0, 0.3, 0.7, 0.95]) {
        const cut = (said: string): Buffer => Buffer.from(said).subarray(0, Math.floor(Buffer.byteLength(said) * part))
        try {
          const made = pages.map(({ answers, listed }) =>
            stream.normalise(
              {
                answers: answers.map(({ text: said, ...answer }) => ({ ...answer, bytes: cut(said) })),
                listed: listed ?? [],
              },
              { cfg },
            ),
          )
          expect(made.flatMap((page) => page.rows).length).toBeLessThanOrEqual(rows.length)
        } catch (error) {
          // The runtime takes these two for an answer that makes no sense.
          expect(error instanceof SyntaxError || error instanceof z.ZodError).toBe(true)
        }
      }
    },
  )
  test.each(cassettes)('%s: names nobody real', (_path, _connector, _stream, text) => {
    const domains = [...text.matchAll(/[\w.+-]+@([\w-]+(?:\.[\w-]+)+)|https?:\/\/([\w.-]+)/g)].map(
      (found) => found[1] ?? found[2],
    )
    const reserved = /(^|\.)(example\.(com|org|net)|test|invalid|localhost|example)$/
    expect(domains.filter((domain) => !reserved.test(domain ?? ''))).toEqual([])
  })
})

test('a PostgreSQL older than 12 is not supported, and says so', async () => {
  const answer = { n: 0, name: 'version.json', code: 0, said: '' }
  const old = Buffer.from('[{"name":"11.22","number":"110022"}]')
  const io = { cfg: { server: 'own' }, source: { query: async () => ({ ...answer, bytes: old }) } } as unknown as Io
  for (const stream of postgresql.streams) {
    const reading = stream.read(io as never, { from: '', to: '', cursor: undefined })
    await expect(reading.next()).rejects.toThrow(/expected PostgreSQL 12 or newer, got 11.22/)
    await expect(stream.read(io as never, { from: '', to: '', cursor: undefined }).next()).rejects.toBeInstanceOf(
      SourceTrouble,
    )
  }
})
