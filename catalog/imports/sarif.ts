// SPDX-License-Identifier: Apache-2.0
import type { z } from 'zod'
import type { Row } from '../collected.ts'
import { latest, momentOf, plainText, refuseFile, rowOf, type Format, type Parsed } from '../import.ts'
import { codeFinding } from '../kinds/code-finding.ts'
import { codeScan } from '../kinds/code-scan.ts'
import { counted, ResultCounter } from './counting.ts'
import { JsonSplitter } from './json-records.ts'
import { listAt, memberAt, textAt } from './json-values.ts'
import { findingOf, numbered, outlineOf, type Outline } from './sarif-results.ts'

type Scan = z.infer<typeof codeScan.schema>

/**
 * Static analysis results, SARIF 2.1.0 (OASIS). A log lists only problems, so each run is a fact of its own: a finding
 * that is gone counts as gone only when every run says that it came to its end.
 */
export const sarif: Format = {
  id: 'sarif',
  version: '1',
  name: 'SARIF log',
  says: 'Results of a code scanner (CodeQL, Semgrep, dependency-check and many others) in SARIF 2.1.0.',
  kinds: ['code-finding', 'code-scan'],
  extensions: ['.sarif', '.json'],
  media_type: 'application/sarif+json',
  isText: true,
  detect(head) {
    const text = head.toString('utf8')
    if (!/^\uFEFF?\s*\{/.test(text)) return false
    return (
      /"\$schema"\s*:\s*"[^"]*sarif/i.test(text) ||
      (text.includes('"runs"') && /"driver"|"version"\s*:\s*"2\.\d\.\d"/.test(text))
    )
  },
  read(chunks, { series }) {
    const counter = new ResultCounter()
    const split = new JsonSplitter(['runs', '*', 'results'])
    const outlines: Outline[] = []
    for (const chunk of counted(chunks, counter))
      for (const record of split.push(chunk))
        outlines.push(outlineOf(parse(record.bytes.toString('utf8')), record.pointer))
    const { closed, rest } = split.end()
    if (!closed)
      throw refuseFile(
        'FILE_TRUNCATED',
        `the file ends in the middle, after ${outlines.length} results; have it written again`,
      )
    const log = parse(rest)
    const version = textAt(log, 'version')
    if (version !== '2.1.0')
      throw refuseFile('WRONG_FORMAT', `expected SARIF 2.1.0, got version ${version ?? 'nothing'}`)
    const runs = listAt(log, 'runs')
    if (runs.length === 0) throw refuseFile('NOTHING_FOUND', 'expected at least one run, the log has none')
    return byTool(runs).flatMap(([tool, indexes]) =>
      readTool({ tool, indexes, runs, outlines, series, miscounted: counter.n - outlines.length }),
    )
  },
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError)
      throw refuseFile('FILE_MALFORMED', `expected JSON, got something else: ${error.message}`)
    throw error
  }
}

const toolOf = (run: unknown): string => plainText(textAt(run, 'tool', 'driver', 'name') ?? 'unnamed scanner', 100)

function byTool(runs: readonly unknown[]): [tool: string, indexes: number[]][] {
  const found = new Map<string, number[]>()
  for (const [i, run] of runs.entries()) found.set(toolOf(run), [...(found.get(toolOf(run)) ?? []), i])
  return [...found]
}

interface ToolReading {
  readonly tool: string
  readonly indexes: readonly number[]
  readonly runs: readonly unknown[]
  readonly outlines: readonly Outline[]
  readonly series: string
  /** Results by the second count, less those that were read. */
  readonly miscounted: number
}

/** Two streams of one scanner: its runs, and what they found. */
function readTool({ tool, indexes, runs, outlines, series, miscounted }: ToolReading): Parsed[] {
  const mine = outlines.filter((outline) => indexes.includes(outline.run))
  const scans = indexes.map((i) => scanOf(runs[i], i, mine.filter((outline) => outline.run === i).length, series))
  const problems = mine.filter((outline) => outline.isProblem)
  const rows = numbered(problems.map((outline) => findingOf(outline, runs[outline.run], tool))).map(
    ({ body, pointer }) => rowOf(codeFinding, body, pointer),
  )
  const countFault =
    miscounted === 0 ? [] : [`${mine.length} results were read, a second count differs by ${miscounted}`]
  const version = scans.find((scan) => scan.version !== null)?.version
  const shared = {
    observed_at: latest(scans.flatMap((scan) => [scan.ended_at ?? scan.started_at])),
    tool: { name: tool, ...(version ? { version } : {}) },
    unreachable: [],
    ...(miscounted === 0 ? {} : { reconciliation: 'mismatch' as const }),
  }
  return [
    {
      stream: `findings:${tool}`,
      kind: codeFinding.id,
      kind_version: codeFinding.version,
      ...outcome([...countFault, ...silences(indexes.map((i) => runs[i]))]),
      listed: rows.length,
      collected: rows.length,
      census: {
        n: rows.length + miscounted,
        exact: 'exact',
        how: `objects in the "results" of the runs, counted byte by byte${mine.length > rows.length ? `, less ${mine.length - rows.length} that are no problems` : ''}`,
      },
      reconciliation: 'equal',
      rows,
      ...shared,
    },
    {
      stream: `scans:${tool}`,
      kind: codeScan.id,
      kind_version: codeScan.version,
      ...outcome(countFault),
      listed: scans.length,
      collected: scans.length,
      reconciliation: 'no-census',
      rows: scans.map((scan): Row => rowOf(codeScan, scan, `/runs/${scan.run}`)),
      ...shared,
    },
  ]
}

const outcome = (why: readonly string[]): Pick<Parsed, 'outcome' | 'why'> =>
  why.length === 0 ? { outcome: 'complete' } : { outcome: 'partial', why: why.join('; ') }

/** What keeps the absence of a finding from meaning anything. */
function silences(runs: readonly unknown[]): string[] {
  const unsaid = runs.filter((run) => !isSuccessful(run)).length
  const elsewhere = runs.filter((run) => listAt(run, 'externalPropertyFileReferences', 'results').length > 0).length
  // SARIF 3.14.23: a run without a list of results did not get so far as to have any.
  const without = runs.filter((run) => !Array.isArray(memberAt(run, 'results'))).length
  return [
    ...(without > 0 ? [`${without} of ${runs.length} runs have no list of results`] : []),
    ...(unsaid > 0
      ? [`${unsaid} of ${runs.length} runs do not say that they came to their end (executionSuccessful)`]
      : []),
    ...(elsewhere > 0 ? [`${elsewhere} runs keep results in other files`] : []),
  ]
}

function isSuccessful(run: unknown): boolean {
  const invocations = listAt(run, 'invocations')
  return (
    invocations.length > 0 && invocations.every((invocation) => memberAt(invocation, 'executionSuccessful') === true)
  )
}

function scanOf(run: unknown, index: number, results: number, series: string): Scan {
  const invocations = listAt(run, 'invocations')
  const times = (name: string) => invocations.map((invocation) => momentOf(textAt(invocation, name)))
  const rules = [memberAt(run, 'tool', 'driver'), ...listAt(run, 'tool', 'extensions')]
  return {
    scanner: toolOf(run),
    version: orNull(textAt(run, 'tool', 'driver', 'semanticVersion') ?? textAt(run, 'tool', 'driver', 'version')),
    target: plainText(
      textAt(run, 'versionControlProvenance', '0', 'repositoryUri') ??
        textAt(run, 'automationDetails', 'id') ??
        textAt(invocations[0], 'workingDirectory', 'uri') ??
        series,
      300,
    ),
    run: index,
    started_at:
      times('startTimeUtc')
        .filter((at) => at !== undefined)
        .toSorted()[0] ?? null,
    ended_at: latest(times('endTimeUtc')),
    successful: isSuccessful(run),
    rules: rules.reduce<number>((sum, component) => sum + listAt(component, 'rules').length, 0),
    results,
  }
}

const orNull = (text: string | undefined): string | null => (text === undefined ? null : plainText(text, 100))
