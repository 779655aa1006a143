// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { detectFormat, HEAD_BYTES } from './registry.ts'
import { OPTIONS } from './testdata/reading.ts'
import { readFileApart } from './run.ts'
import { readTableHead, suggestMappings } from './table-head.ts'

/** Files that real tools wrote. They are not part of the repository: set ASSAY_SAMPLES to the folder that has them. */
const SAMPLES = process.env['ASSAY_SAMPLES'] ?? ''
const isHere = SAMPLES !== '' && existsSync(SAMPLES)
if (!isHere) console.info('ASSAY_SAMPLES is not set to a folder: the files of real tools are not read in this run')

const READ: readonly [file: string, format: string, streams: readonly string[]][] = [
  ['ocsf-prowler-aws.json', 'ocsf', ['posture-finding complete 5']],
  ['ocsf-prowler-azure.json', 'ocsf', ['posture-finding complete 5']],
  ['ocsf-prowler-kubernetes.json', 'ocsf', ['posture-finding complete 6']],
  ['sarif-codeql.sarif', 'sarif', ['code-finding partial 72', 'code-scan complete 1']],
  ['sarif-dependency-check.sarif', 'sarif', ['code-finding partial 13', 'code-scan complete 1']],
  ['xccdf-openscap-rhel8.xml', 'xccdf', ['baseline-result complete 248']],
  ['xccdf-oval-rhsa.xml', 'xccdf', ['baseline-result complete 2935']],
]

const open = async (file: string) => {
  const path = join(SAMPLES, file)
  const bytes = readFileSync(path)
  const format = await detectFormat(bytes.subarray(0, HEAD_BYTES), file)
  return { path, bytes, format: format.id }
}

describe.skipIf(!isHere)('a file of a real tool', () => {
  it.each(READ)('%s is read whole as %s', async (file, format, streams) => {
    const { path, bytes, format: found } = await open(file)
    expect(found).toBe(format)
    const parsed = await readFileApart({ format, path, options: { ...OPTIONS, size_bytes: bytes.length } })
    expect(parsed.map(({ kind, outcome, collected }) => `${kind} ${outcome} ${collected}`)).toEqual(streams)
    expect(parsed.every(({ reconciliation }) => reconciliation !== 'mismatch')).toBe(true)
  })

  it.each([
    ['csv-prowler-aws.csv', 4, {}],
    ['wiz-issues.csv', 97, { scanner: 'Wiz' }],
  ])('%s is a table whose columns are understood', async (file, rows, constants) => {
    const { path, bytes, format } = await open(file)
    const suggestion = suggestMappings(readTableHead(bytes.subarray(0, HEAD_BYTES)).headers).find(
      ({ kind }) => kind === 'posture-finding',
    )
    const table = { kind: 'posture-finding', columns: suggestion?.columns ?? {}, constants }
    const [one] = await readFileApart({ format, path, options: { ...OPTIONS, size_bytes: bytes.length, table } })
    expect(one).toMatchObject({ collected: rows, reconciliation: 'equal' })
  })

  it.each([
    'asff-guardduty.json',
    'checkov-sample.json',
    'nessus-cvssv3.nessus',
    'emass-caat.xlsx',
    'junit-node-test.xml',
    'har-okta.har',
    'lynis-dojo.dat',
  ])('%s is refused with the name of what it is', async (file) => {
    await expect(open(file)).rejects.toMatchObject({
      code: 'UNKNOWN_FORMAT',
      message: expect.stringContaining('formats that are read: OCSF findings'),
    })
  })
})
