// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { readApart, read } from './testdata/reading.ts'
import { arfFile, testResult, xccdfFile } from './testdata/reports.ts'
import { xccdf } from './xccdf.ts'

const RESULTS = [
  ['no-root-login', 'fail'],
  ['disk-encrypted', 'pass'],
] as const

describe('an XCCDF file', () => {
  it('gives the result of each rule on the host, with the title of the rule', async () => {
    const [one] = await read(xccdf, xccdfFile(testResult({ results: RESULTS })))
    expect(one).toMatchObject({
      outcome: 'complete',
      stream: 'results:web-1.example.org:LINUX:standard',
      reconciliation: 'equal',
      observed_at: '2026-03-02T04:05:00.000Z',
      tool: { name: 'hostscan', version: '1.4.2' },
    })
    expect(
      one?.rows.map(({ body, pointer }) => `${String(body['title'])}: ${String(body['result'])} (${pointer})`),
    ).toEqual([
      'Nobody logs in as root: fail (TestResult[1]/rule-result[1])',
      'Disks are encrypted: pass (TestResult[1]/rule-result[2])',
    ])
  })

  it('inside an ARF collection is found, whatever the prefixes', async () => {
    const [one] = await read(xccdf, arfFile(testResult({ results: RESULTS, prefix: 'xccdf' })))
    expect(one).toMatchObject({ outcome: 'complete', collected: 2 })
    expect(one?.rows[0]?.body).toMatchObject({ title: 'Nobody logs in as root', severity: 'high' })
  })

  it('with several results is a reading of each host, oldest first', async () => {
    const tests = [
      testResult({ results: RESULTS, end: '2026-03-02T04:05:00Z' }),
      testResult({ results: RESULTS, end: '2026-03-01T04:05:00Z' }),
      testResult({ results: RESULTS, host: 'db-1.example.org' }),
    ]
    const parsed = await read(xccdf, arfFile(...tests))
    expect(parsed.map(({ stream, observed_at }) => `${stream.split(':')[1]} ${observed_at}`)).toEqual([
      'web-1.example.org 2026-03-01T04:05:00.000Z',
      'web-1.example.org 2026-03-02T04:05:00.000Z',
      'db-1.example.org 2026-03-02T04:05:00.000Z',
    ])
  })

  it('with result words that the standard does not have says unknown', async () => {
    const [one] = await read(
      xccdf,
      xccdfFile(
        testResult({
          results: [
            ['a', 'excellent'],
            ['b', ''],
          ],
        }),
      ),
    )
    expect(one?.rows.map(({ body }) => body['result'])).toEqual(['unknown', 'unknown'])
    expect(one?.remarks).toEqual(['result words that are not known, kept as unknown: excellent, nothing'])
  })

  it('with several instances of a rule keeps the worst', async () => {
    const [one] = await read(
      xccdf,
      xccdfFile(
        testResult({
          results: [
            ['a', 'pass'],
            ['a', 'fail'],
            ['a', 'pass'],
          ],
        }),
      ),
    )
    expect(one).toMatchObject({
      outcome: 'complete',
      collected: 1,
      census: { n: 1 },
      rows: [{ body: { result: 'fail' } }],
    })
  })

  it('that does not say when the scan ended is a part', async () => {
    const [one] = await read(xccdf, xccdfFile(testResult({ results: RESULTS, end: null })))
    expect(one).toMatchObject({ outcome: 'partial', why: 'the report does not say when the scan ended' })
  })

  it('of a host that calls itself localhost warns that hosts must be kept apart', async () => {
    const [one] = await read(xccdf, xccdfFile(testResult({ results: RESULTS, host: 'localhost' })))
    expect(one?.remarks).toEqual(['the report calls its host localhost: keep each host in a series of its own'])
  })

  it('with a result that the reader passes over is a part by the second count', async () => {
    const hidden = '<x><rule-result idref="hidden"><result>fail</result></rule-result></x>'
    const [one] = await read(
      xccdf,
      xccdfFile(testResult({ results: RESULTS }).replace('<target>', `${hidden}<target>`)),
    )
    expect(one).toMatchObject({ outcome: 'partial', reconciliation: 'mismatch', collected: 2, census: { n: 3 } })
  })

  it('without results, or cut, is refused', async () => {
    await expect(read(xccdf, xccdfFile())).rejects.toMatchObject({ code: 'NOTHING_FOUND' })
    await expect(read(xccdf, xccdfFile(testResult({ results: RESULTS })).slice(0, -20))).rejects.toMatchObject({
      code: 'FILE_TRUNCATED',
    })
    await expect(read(xccdf, xccdfFile('<oops>'))).rejects.toMatchObject({ code: 'FILE_MALFORMED' })
  })

  it('of 22 MB is read before its deadline, in little memory', { timeout: 20_000 }, async () => {
    const ballast =
      `<definition id="oval:x">${'<object comment="a long tale of what was looked at"/>'.repeat(20)}</definition>\n`.repeat(
        20_000,
      )
    const results = Array.from({ length: 2000 }, (_, i) => [`rule-${i}`, i % 2 ? 'pass' : 'fail'] as const)
    const file = arfFile(testResult({ results })).replace(
      '<arf:reports>',
      `<arf:ballast>${ballast}</arf:ballast><arf:reports>`,
    )
    expect(file.length).toBeGreaterThan(20_000_000)
    const [one] = await readApart('xccdf', file, {}, { deadline_ms: 15_000, memory_mb: 64 })
    expect(one).toMatchObject({ outcome: 'complete', collected: 2000 })
  })
})
