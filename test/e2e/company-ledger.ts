// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { libraryChecks } from '../../catalog/library.ts'
import type { Company } from './company.ts'
import { assay } from './running.ts'

const run = promisify(execFile)

/*
 * How many leaves of a sort the story makes, counted by hand. Lists come on 26 days (13 of either day of the week).
 */
const LEAVES: Readonly<Record<string, number>> = {
  // 12 controls on occasion, 7 without one and 10 exports, each of three months; 22 yearly ones; IAM-06 twice, AVL-01 once.
  attestation: 3 * (12 + 7 + 10) + 22 + 2 + 1,
  // All of the catalog, and the company's own texts of two.
  check: libraryChecks().length + 2,
  // Two connections run on each of the 90 days and once when they are made; each run reads four streams, and is announced
  // before and told after.
  'collection:connection': 2 * 91 * 4,
  run: 2 * 91 * 2,
  connection: 2,
  // 26 days of accounts, people, devices, code findings and code scans; 25 posture scans (two left out, one late); courses
  // every second week (days 0, 14 … 84).
  'collection:import': 26 * 5 + 25 + 7,
  // A text for each policy, and one for each of the 11 + 3 + 9 reviews.
  'collection:person': 22 + 23,
  // 74 controls, each with its text and its owner.
  control: 74 * 2,
  // The public bucket: asked for by one person, approved by another.
  exception: 2,
  // 25 policies but POL-09, POL-13 and POL-25; POL-19 came later.
  policy: 22,
  // Saved by one person, approved by another.
  scope: 2,
}

export function describeLedger(company: () => Company): void {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'assay-company-bundle-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('of as many leaves as the story acknowledged, without a gap', async () => {
    const streams: string[] = []
    const indexes: number[] = []
    let after: string | undefined
    do {
      const page = await company().ask('ledger.leaves', { limit: 500, ...(after === undefined ? {} : { after }) })
      for (const leaf of page.rows) {
        if (leaf.index !== null) indexes.push(leaf.index)
        if (leaf.recorded_at <= company().end(89)) streams.push(leaf.stream)
      }
      after = page.next ?? undefined
    } while (after !== undefined)
    expect(indexes.toReversed()).toEqual(indexes.map((_, i) => i))
    for (const [sort, count] of Object.entries(LEAVES))
      expect(streams.filter((stream) => stream === sort || stream.startsWith(`${sort}:`)).length, sort).toBe(count)
  })

  test('in which a full check finds nothing amiss', async () => {
    const report = await company().ask('ledger.check')
    expect(report).toMatchObject({ is_intact: true, found: 0, findings: [] })
    expect(report.checked.statements).toBeGreaterThan(report.size / 2)
  }, 120_000)

  /** Exports a bundle and brings it into the folder. */
  const bundle = async (name: string, wanted: { from?: string; to?: string } = {}): Promise<string> => {
    const { id } = await company().act('bundles.export', { name, ...wanted })
    await expect
      .poll(async () => (await company().ask('bundles.get', { id })).state, { timeout: 120_000, interval: 500 })
      .toBe('done')
    const zip = join(folder, `${name}.zip`)
    const env = { ASSAY_SERVER: company().server.url, ASSAY_API_KEY: company().key }
    expect((await assay(['download', id, zip], { env })).code).toBe(0)
    return zip
  }

  test('whose bundle of everything verifies without the server', async () => {
    await expect.poll(async () => (await company().ask('ledger.status')).pending, { timeout: 30_000 }).toBe(0)
    expect(await assay(['verify', await bundle('everything')])).toMatchObject({ code: 0, err: '' })
  }, 300_000)

  test('whose bundle of the day on which the leaver was found verifies with bash and openssl alone', async () => {
    const zip = await bundle('leaver', { from: company().day(49), to: company().day(49) })
    expect(await assay(['verify', zip])).toMatchObject({ code: 0, err: '' })
    await run('unzip', ['-q', zip, '-d', folder])
    const { stdout } = await run('bash', [join(folder, 'leaver/data/VERIFY.sh')])
    expect(stdout).toContain('ok')
  }, 300_000)
}
