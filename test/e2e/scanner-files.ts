// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { arfFile, testResult } from '../../catalog/imports/testdata/reports.ts'
import { cloudScan } from '../../demo/scans.ts'
import { addDays, type LocalDate } from '../../lib/time.ts'

/** Files that real scanners wrote; they are not part of the repository. */
const SAMPLES = process.env['ASSAY_SAMPLES'] ?? ''

export interface ScannerFile {
  readonly name: string
  readonly format: string
  readonly series: string
  readonly bytes: Buffer
}

/** A cloud posture scan in OCSF and a hardening scan in ARF of `day`, and the real ones where there are samples. */
export function scannerFiles(day: LocalDate): readonly ScannerFile[] {
  const results = [
    ['no-root-login', 'fail'],
    ['disk-encrypted', 'pass'],
    ['audit-on', 'pass'],
  ] as const
  const arf = arfFile(testResult({ results, prefix: 'xccdf' })).replaceAll('2026-03-02', day)
  const own: ScannerFile[] = [
    // Its day 25 has a public bucket and no threat detection.
    file('prowler.ocsf.json', 'OCSF findings', 'Production account, daily', cloudScan(addDays(day, -25), 25)),
    file('web-1.arf.xml', 'XCCDF or ARF results', 'Web servers, weekly', arf),
  ]
  if (SAMPLES === '' || !existsSync(SAMPLES)) return own
  return [
    ...own,
    file(
      'prowler-aws.ocsf.json',
      'OCSF findings',
      'A real account',
      readFileSync(join(SAMPLES, 'ocsf-prowler-aws.json')),
    ),
    file(
      'openscap-rhel8.xml',
      'XCCDF or ARF results',
      'A real server',
      readFileSync(join(SAMPLES, 'xccdf-openscap-rhel8.xml')),
    ),
  ]
}

const file = (name: string, format: string, series: string, bytes: string | Buffer): ScannerFile => ({
  name,
  format,
  series,
  bytes: Buffer.from(bytes),
})
