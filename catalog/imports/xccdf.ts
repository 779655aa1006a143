// SPDX-License-Identifier: Apache-2.0
import type { z } from 'zod'
import type { Row } from '../collected.ts'
import { latest, momentOf, plainText, refuseFile, rowOf, type Format, type Parsed } from '../import.ts'
import { SEVERITIES } from '../kind.ts'
import { baselineResult, RESULTS } from '../kinds/baseline-result.ts'
import { counted, TextCounter } from './counting.ts'
import { XccdfReader, type RuleResult, type TestResult } from './xccdf-reader.ts'
import { readXml } from './xml-events.ts'

type Result = z.infer<typeof baselineResult.schema>

/**
 * Results of a hardening benchmark: XCCDF 1.1 and 1.2 (NISTIR 7275), alone or inside an ARF 1.1 collection (NISTIR
 * 7694), as OpenSCAP and other SCAP tools write them. Each TestResult is a reading of one host of its own.
 */
export const xccdf: Format = {
  id: 'xccdf',
  version: '1',
  name: 'XCCDF or ARF results',
  says: 'Results of a hardening benchmark (CIS, STIG, OVAL) by OpenSCAP or another SCAP tool.',
  kinds: ['baseline-result'],
  extensions: ['.xml', '.arf'],
  media_type: 'application/xml',
  isText: true,
  detect(head) {
    const text = head.toString('utf8')
    const root = /<(?:[\w.-]+:)?(Benchmark|TestResult|asset-report-collection|data-stream-collection)[\s>]/.exec(text)
    return (
      root !== null &&
      /^\s*</.test(text) &&
      /checklists\.nist\.gov\/xccdf|asset-reporting-format|scap\.nist\.gov/.test(text)
    )
  },
  read(chunks) {
    const counter = new TextCounter('rule-result>') // every end tag, with whatever prefix
    const reader = new XccdfReader()
    readXml(counted(chunks, counter), reader)
    if (reader.tests.length === 0)
      throw refuseFile('NOTHING_FOUND', 'expected at least one TestResult; the file is a benchmark that was not run')
    const read = reader.tests.reduce((sum, test) => sum + test.results.length, 0)
    return reader.tests
      .map((test) => readTest(test, reader, counter.n - read))
      .toSorted((a, b) => ((a.observed_at ?? '') < (b.observed_at ?? '') ? -1 : 1))
  },
}

const WORST_FIRST = [
  'fail',
  'error',
  'unknown',
  'notchecked',
  'fixed',
  'informational',
  'pass',
  'notapplicable',
  'notselected',
]
const isResult = (word: string): word is Result['result'] => (RESULTS as readonly string[]).includes(word)

/** @param miscounted end tags of results in the whole file, less the results that were read */
function readTest(test: TestResult, reader: XccdfReader, miscounted: number): Parsed {
  const host = hostOf(test)
  const benchmark = plainText(test.benchmark ?? reader.benchmark ?? 'unnamed benchmark', 300)
  const profile = test.profile === undefined ? null : plainText(test.profile, 300)
  const at =
    momentOf(test.end_time) ?? momentOf(test.start_time) ?? latest(test.results.map((one) => momentOf(one.time)))
  const rows = new Map<string, Row>()
  const unreachable: { subject: string; because: string }[] = []
  const unknownWords = new Set<string>()
  let repeated = 0
  for (const [i, one] of test.results.entries()) {
    const pointer = `TestResult[${test.n}]/rule-result[${i + 1}]`
    const moment = momentOf(one.time) ?? at
    if (one.rule === '' || !moment) {
      unreachable.push({
        subject: one.rule || pointer,
        because: one.rule === '' ? 'it names no rule' : 'it has no time',
      })
      continue
    }
    if (!isResult(one.word)) unknownWords.add(plainText(one.word || 'nothing', 40))
    const row = rowOf(baselineResult, bodyOf(one, { host, benchmark, profile, at: moment }, reader), pointer)
    const known = rows.get(row.key)
    if (known) repeated++
    if (!known || rank(row) < rank(known)) rows.set(row.key, row)
  }
  const why = [
    ...(miscounted === 0
      ? []
      : [
          `the file has ${miscounted > 0 ? 'more' : 'fewer'} ends of results than results that were read (${miscounted})`,
        ]),
    ...(unreachable.length > 0 ? [`${unreachable.length} results could not be read`] : []),
    ...(test.end_time === undefined ? ['the report does not say when the scan ended'] : []),
  ]
  return {
    stream: streamOf(host, benchmark, profile),
    kind: baselineResult.id,
    kind_version: baselineResult.version,
    outcome: why.length > 0 ? 'partial' : 'complete',
    ...(why.length > 0 ? { why: why.join('; ') } : {}),
    listed: rows.size + unreachable.length,
    collected: rows.size,
    unreachable,
    census: {
      n: rows.size + unreachable.length + miscounted,
      exact: 'exact',
      how: `end tags of rule-result in the bytes of the file${repeated > 0 ? `, less ${repeated} of rules with several instances` : ''}`,
    },
    reconciliation: miscounted === 0 ? 'equal' : 'mismatch',
    observed_at: at,
    rows: [...rows.values()],
    ...toolOf(test),
    remarks: [
      ...(repeated > 0 ? [`${repeated} results are of rules with several instances; the worst was kept`] : []),
      ...(unknownWords.size > 0
        ? [`result words that are not known, kept as unknown: ${[...unknownWords].slice(0, 20).join(', ')}`]
        : []),
      ...(isLocal(host) ? ['the report calls its host localhost: keep each host in a series of its own'] : []),
    ],
  }
}

const rank = (row: Row): number => WORST_FIRST.indexOf(String(row.body['result']))

function bodyOf(
  one: RuleResult,
  of: { host: string; benchmark: string; profile: string | null; at: string },
  reader: XccdfReader,
): Result {
  const rule = reader.rules.get(one.rule)
  return {
    host: of.host,
    benchmark: of.benchmark,
    profile: of.profile,
    rule: plainText(one.rule, 300),
    title: plainText(rule?.title || one.version || one.rule, 500),
    result: isResult(one.word) ? one.word : 'unknown',
    severity: severityOf(one.severity ?? rule?.severity),
    at: of.at,
  }
}

const severityOf = (word: string | undefined): Result['severity'] =>
  word === 'info' ? 'informational' : (SEVERITIES.find((severity) => severity === word) ?? 'unknown')

const isLocal = (host: string): boolean => /^(?:localhost|localhost\.localdomain|127\.|::1|unknown$)/i.test(host)

/** The name of the host by which it is told from others, where the report has one. */
function hostOf(test: TestResult): string {
  const names = [
    test.target,
    test.facts.get('urn:xccdf:fact:asset:identifier:fqdn'),
    test.facts.get('urn:xccdf:fact:asset:identifier:host_name'),
  ]
    .filter((name) => name !== undefined && name !== '')
    .map((name) => plainText(name ?? '', 200))
  return names.find((name) => !isLocal(name)) ?? names[0] ?? 'unnamed host'
}

/** One stream a host, benchmark and profile: what a scan did not look at, it says nothing about. */
function streamOf(host: string, benchmark: string, profile: string | null): string {
  const short = (id: string, word: string): string => plainText(id.replace(/^.*\//, '').split(word).at(-1) ?? id, 50)
  return `results:${plainText(host, 80)}:${short(benchmark, 'benchmark_')}${profile === null ? '' : `:${short(profile, 'profile_')}`}`
}

/** From the facts of the scanner, or the CPE name of the test system (`cpe:/a:redhat:openscap:1.3.5`). */
function toolOf(test: TestResult): Pick<Parsed, 'tool'> {
  const cpe = /^cpe:(?:\/|2\.3:)a:[^:]*:([^:]+)(?::([^:]+))?/.exec(test.test_system ?? '')
  const name = test.facts.get('urn:xccdf:fact:scanner:name') ?? cpe?.[1]
  const version = test.facts.get('urn:xccdf:fact:scanner:version') ?? cpe?.[2]
  if (!name) return {}
  return { tool: { name: plainText(name, 200), ...(version ? { version: plainText(version, 100) } : {}) } }
}
