// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { sarif } from './sarif.ts'
import { read } from './testdata/reading.ts'
import { result, sarifLog } from './testdata/reports.ts'

const readLog = async (log: unknown) => {
  const [findings, scans] = await read(sarif, JSON.stringify(log, null, 1))
  return { findings: findings!, scans: scans! }
}

describe('a SARIF log', () => {
  it('gives its findings with the words of their rules, and a fact for the run itself', async () => {
    const { findings, scans } = await readLog(sarifLog([result(), result({ rule: 'js/unused', line: 9 })]))
    expect(findings).toMatchObject({
      outcome: 'complete',
      collected: 2,
      stream: 'findings:Codescan',
      observed_at: '2026-03-02T05:10:00.000Z',
    })
    expect(findings.rows.map(({ body }) => `${String(body['title'])}: ${String(body['severity'])}`)).toEqual([
      'Query built from text: high',
      'Unused variable: low',
    ])
    expect(findings.rows[0]).toMatchObject({
      pointer: '/runs/0/results/0',
      body: { path: 'src/db.js', line: 7, suppressed: false },
    })
    expect(scans.rows[0]?.body).toMatchObject({
      target: 'https://code.example.org/shop',
      successful: true,
      rules: 2,
      results: 2,
    })
  })

  it('proves the absence of a finding only when every run says that it came to its end', async () => {
    for (const successful of [null, false]) {
      const { findings, scans } = await readLog(sarifLog([], { successful }))
      expect(findings).toMatchObject({ outcome: 'partial', why: expect.stringContaining('1 of 1 runs do not say') })
      expect(scans.rows[0]?.body['successful']).toBe(false)
    }
    expect((await readLog(sarifLog([]))).findings).toMatchObject({
      outcome: 'complete',
      collected: 0,
      census: { n: 0 },
    })
  })

  it('whose results lie in another file is a part', async () => {
    const log = sarifLog([result()])
    const run = { ...log.runs[0], externalPropertyFileReferences: { results: [{ location: { uri: 'more.sarif' } }] } }
    expect((await readLog({ ...log, runs: [run] })).findings.why).toBe('1 runs keep results in other files')
  })

  it('without a list of results proves nothing, though its run was successful', async () => {
    const log = sarifLog([])
    for (const results of [null, undefined])
      expect((await readLog({ ...log, runs: [{ ...log.runs[0], results }] })).findings).toMatchObject({
        outcome: 'partial',
        why: '1 of 1 runs have no list of results',
      })
  })

  it('with results that say all is well counts them, and makes no finding of them', async () => {
    const { findings } = await readLog(sarifLog([result(), result({ rule: 'js/unused', extra: { kind: 'pass' } })]))
    expect(findings).toMatchObject({
      outcome: 'complete',
      collected: 1,
      census: { n: 1, how: expect.stringContaining('less 1 that are no problems') },
    })
  })

  it('with suppressions believes those that were accepted, not those under review', async () => {
    const log = sarifLog([
      result({ extra: { suppressions: [{ kind: 'inSource' }] } }),
      result({ line: 8, extra: { suppressions: [{ kind: 'external', status: 'underReview' }] } }),
    ])
    expect((await readLog(log)).findings.rows.map(({ body }) => body['suppressed'])).toEqual([true, false])
  })

  it('with the same finding twice keeps both, and finds both again in the next log', async () => {
    const log = sarifLog([result(), result(), result({ line: 8 })])
    const keys = async () => (await readLog(log)).findings.rows.map(({ key }) => key)
    expect(new Set(await keys()).size).toBe(3)
    expect(await keys()).toEqual(await keys())
  })

  it('knows a finding that moved to another line by the fingerprint its scanner gave', async () => {
    const at = async (line: number) =>
      (await readLog(sarifLog([result({ line, extra: { partialFingerprints: { hash: 'abc:1' } } })]))).findings.rows[0]
        ?.key
    expect(await at(7)).toBe(await at(70))
  })

  it('may have its results before its tool, levels by rule, and rules by index', async () => {
    const { findings } = await readLog(
      sarifLog([
        { ruleIndex: 1, message: { text: 'x' } },
        { message: { text: 'y' }, level: 'error' },
      ]),
    )
    expect(
      findings.rows.map(({ body }) => `${String(body['rule'])} ${String(body['severity'])} ${String(body['path'])}`),
    ).toEqual(['js/unused low null', 'unnamed rule high null'])
  })

  it('of several tools is a reading of each', async () => {
    const [a] = sarifLog([result()], { tool: 'A' }).runs
    const [b] = sarifLog([result(), result({ line: 8 })], { tool: 'B' }).runs
    const parsed = await read(sarif, JSON.stringify({ ...sarifLog([]), runs: [a, b] }))
    expect(parsed.map(({ stream, collected }) => `${stream} ${collected}`)).toEqual([
      'findings:A 1',
      'scans:A 1',
      'findings:B 2',
      'scans:B 1',
    ])
  })

  it('that was cut, is of another version, or has no run is refused', async () => {
    const text = JSON.stringify(sarifLog([result()]))
    await expect(read(sarif, text.slice(0, -5))).rejects.toMatchObject({ code: 'FILE_TRUNCATED' })
    await expect(read(sarif, text.replace('"version":"2.1.0"', '"version":"2.0.0"'))).rejects.toMatchObject({
      code: 'WRONG_FORMAT',
    })
    await expect(read(sarif, JSON.stringify({ version: '2.1.0', runs: [] }))).rejects.toMatchObject({
      code: 'NOTHING_FOUND',
    })
  })
})
