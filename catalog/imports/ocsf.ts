// SPDX-License-Identifier: Apache-2.0
import type { z } from 'zod'
import type { Row } from '../collected.ts'
import { latest, momentOf, plainText, refuseFile, rowOf, type Format, type Parsed } from '../import.ts'
import { postureFinding } from '../kinds/posture-finding.ts'
import { counted, TextCounter } from './counting.ts'
import { JsonSplitter, LineSplitter, type JsonRecord } from './json-records.ts'
import { listAt, memberAt, textAt } from './json-values.ts'

type Finding = z.infer<typeof postureFinding.schema>

/**
 * Findings in the Open Cybersecurity Schema Framework, as Prowler and other scanners write them: a JSON list, or an
 * object a line. Class 2004 has the verdict in `status_code`; class 2003 says each finding once for every requirement
 * that it bears on, so findings that agree on rule and resource are one fact, and the worst word of them counts.
 */
export const ocsf: Format = {
  id: 'ocsf',
  version: '1',
  name: 'OCSF findings',
  says: 'Results of a cloud or platform scan by Prowler or another tool that writes OCSF (classes 2003 and 2004).',
  kinds: ['posture-finding'],
  extensions: ['.json', '.jsonl', '.ndjson'],
  media_type: 'application/json',
  isText: true,
  detect: (head) => /^\uFEFF?\s*[[{]/.test(head.toString('utf8', 0, 64)) && head.includes('"class_uid"'),
  read(chunks) {
    const counter = new TextCounter('"class_uid"')
    const reading = new OcsfReading()
    let split: JsonSplitter | LineSplitter | undefined
    for (const chunk of counted(chunks, counter)) {
      split ??= isLines(chunk) ? new LineSplitter() : new JsonSplitter([])
      for (const record of split.push(chunk)) reading.add(record)
    }
    if (split instanceof LineSplitter) for (const record of split.end()) reading.add(record)
    else if (split?.end().closed !== true)
      reading.cut = `the file ends in the middle, after ${reading.findings} findings`
    return reading.finish(counter.n)
  },
}

/** One object a line: the first line is whole. A list, or an object over several lines, is not. */
function isLines(chunk: Uint8Array): boolean {
  const end = chunk.indexOf(10)
  const line = Buffer.from(end < 0 ? chunk : chunk.subarray(0, end))
    .toString('utf8')
    .trim()
  return line.startsWith('{') && line.endsWith('}')
}

/** What is known of one account while its findings are read. */
interface Account {
  readonly rows: Map<string, Row & { readonly body: Finding }>
  readonly unreachable: { subject: string; because: string }[]
  findings: number
  repeated: number
}

const CLASSES = new Set([2003, 2004])
const WORST_FIRST = ['fail', 'unknown', 'manual', 'suppressed', 'pass'] as const
const SEVERITY = ['informational', 'informational', 'low', 'medium', 'high', 'critical', 'critical'] as const

class OcsfReading {
  findings = 0
  cut: string | undefined
  private readonly accounts = new Map<string, Account>()
  private readonly tools = new Map<string, string>()
  private readonly unknownWords = new Set<string>()

  add(record: JsonRecord): void {
    const finding = parseRecord(record.bytes)
    if (finding === undefined) {
      this.account('').unreachable.push({ subject: record.pointer, because: 'it is not JSON' })
      return
    }
    this.findings++
    const account =
      textAt(finding, 'cloud', 'account', 'uid') ?? textAt(finding, 'unmapped', 'cloud', 'account', 'uid') ?? ''
    const of = this.account(account)
    of.findings++
    const made = this.rowsOf(finding, account, record.pointer)
    if (typeof made === 'string')
      of.unreachable.push({
        subject: plainText(textAt(finding, 'finding_info', 'uid') ?? record.pointer, 300),
        because: made,
      })
    else for (const row of made) this.keep(of, row)
  }

  finish(counted: number): Parsed[] {
    if (this.findings === 0 && this.cut) throw refuseFile('FILE_TRUNCATED', this.cut)
    const withRows = [...this.accounts].filter(([, of]) => of.rows.size > 0)
    const first = withRows[0]?.[1]
    // A record that cannot be read may be of any account: it is listed with the first and keeps all from being whole.
    const strays = [...this.accounts.values()].flatMap((of) => (of.rows.size > 0 ? [] : of.unreachable))
    if (!first)
      throw refuseFile(
        'NOTHING_FOUND',
        `expected OCSF findings, the file has none${strays[0] ? `: ${strays[0].because}` : ''}`,
      )
    first.unreachable.push(...strays)
    const miscounted = counted - this.findings
    const why = [
      ...(this.cut ? [this.cut] : []),
      ...(miscounted === 0
        ? []
        : [`"class_uid" stands ${counted} times in the file, but ${this.findings} findings were read`]),
      ...(strays.length > 0 ? [`${strays.length} records of the file could not be read`] : []),
    ]
    return withRows.map(([account, of]) => this.reading(account, of, { why, counted, miscounted }))
  }

  private reading(
    account: string,
    of: Account,
    file: { readonly why: readonly string[]; readonly counted: number; readonly miscounted: number },
  ): Parsed {
    const rows = [...of.rows.values()]
    const listed = rows.length + of.unreachable.length
    const why = [
      ...file.why,
      ...(of.unreachable.length > 0 && file.why.length === 0
        ? [`${of.unreachable.length} records could not be read as findings`]
        : []),
    ]
    return {
      stream: account === '' ? 'findings' : `findings:${plainText(account, 100)}`,
      kind: postureFinding.id,
      kind_version: postureFinding.version,
      outcome: why.length > 0 ? 'partial' : 'complete',
      ...(why.length > 0 ? { why: why.join('; ') } : {}),
      listed,
      collected: rows.length,
      unreachable: of.unreachable,
      census: {
        n: listed + file.miscounted,
        exact: 'exact',
        how: `${file.counted} times "class_uid" in the bytes of the file; ${of.findings} findings of this account, of which ${of.repeated} say again what another says`,
      },
      reconciliation: file.miscounted === 0 ? 'equal' : 'mismatch',
      observed_at: latest(rows.map((row) => row.body.at)),
      rows,
      ...(this.tools.size > 0 ? { tool: this.tool() } : {}),
      remarks: this.remarks(of),
    }
  }

  private account(uid: string): Account {
    let of = this.accounts.get(uid)
    if (!of) {
      of = { rows: new Map(), unreachable: [], findings: 0, repeated: 0 }
      this.accounts.set(uid, of)
    }
    return of
  }

  private keep(of: Account, row: Row & { readonly body: Finding }): void {
    const known = of.rows.get(row.key)
    if (known) of.repeated++
    if (!known || rank(row.body) < rank(known.body)) of.rows.set(row.key, row)
  }

  /** The facts of one finding, one a resource, or the reason why there is none. */
  private rowsOf(finding: unknown, account: string, pointer: string): (Row & { body: Finding })[] | string {
    const uid = memberAt(finding, 'class_uid')
    if (typeof uid !== 'number' || !CLASSES.has(uid))
      return `class ${String(uid)} is not a compliance or detection finding`
    const at = momentOf(memberAt(finding, 'time')) ?? momentOf(memberAt(finding, 'time_dt'))
    if (!at) return 'it has no time'
    const rule = ruleOf(finding)
    if (!rule) return 'it names no rule'
    const scanner = textAt(finding, 'metadata', 'product', 'name') ?? 'unnamed scanner'
    this.tools.set(scanner, textAt(finding, 'metadata', 'product', 'version') ?? '')
    const cloud = memberAt(finding, 'cloud') ?? memberAt(finding, 'unmapped', 'cloud')
    const resources = listAt(finding, 'resources')
    return (resources.length > 0 ? resources : [undefined]).map((resource) => {
      const body: Finding = {
        scanner: plainText(scanner, 200),
        rule: plainText(rule, 300),
        title: plainText(
          textAt(finding, 'compliance', 'checks', '0', 'name') ?? textAt(finding, 'finding_info', 'title') ?? rule,
          500,
        ),
        resource: plainText(textAt(resource, 'uid') ?? textAt(resource, 'name') ?? (account || 'the whole scan'), 1000),
        resource_type: plainText(textAt(resource, 'type') ?? 'unknown', 200),
        account: account === '' ? null : plainText(account, 200),
        region: orNull(textAt(resource, 'region') ?? textAt(resource, 'namespace') ?? textAt(cloud, 'region')),
        status: this.statusOf(finding),
        severity: severityOf(finding),
        at,
      }
      return { ...rowOf(postureFinding, body, pointer), body }
    })
  }

  private statusOf(finding: unknown): Finding['status'] {
    const word =
      textAt(finding, 'compliance', 'checks', '0', 'status') ??
      textAt(finding, 'status_code') ??
      textAt(finding, 'compliance', 'status') ??
      ''
    const status =
      (word
        ? STATUS.get(word.toLowerCase())
        : COMPLIANCE_STATUS[Number(memberAt(finding, 'compliance', 'status_id'))]) ?? 'unknown'
    if (status === 'unknown' && word !== '') this.unknownWords.add(plainText(word, 40))
    const isSuppressed =
      memberAt(finding, 'status_id') === 3 || textAt(finding, 'status')?.toLowerCase() === 'suppressed'
    return isSuppressed && (status === 'fail' || status === 'manual') ? 'suppressed' : status
  }

  private tool(): { name: string; version?: string } {
    const [name, version] = [...this.tools][0] ?? ['']
    return { name: plainText(name, 200), ...(version ? { version: plainText(version, 100) } : {}) }
  }

  private remarks(of: Account): string[] {
    return [
      ...(of.repeated > 0
        ? [`${of.repeated} findings repeat another's rule and resource; the worst status was kept`]
        : []),
      ...(this.tools.size > 1 ? [`written by several tools: ${[...this.tools.keys()].slice(0, 10).join(', ')}`] : []),
      ...(this.unknownWords.size > 0
        ? [`status words that are not known, kept as unknown: ${[...this.unknownWords].slice(0, 20).join(', ')}`]
        : []),
    ]
  }
}

const STATUS = new Map<string, Finding['status']>([
  ['pass', 'pass'],
  ['fail', 'fail'],
  ['passed', 'pass'],
  ['failed', 'fail'],
  ['manual', 'manual'],
])
/** `compliance.status_id` of OCSF: 1 pass, 2 warning, 3 fail. */
const COMPLIANCE_STATUS: readonly (Finding['status'] | undefined)[] = [undefined, 'pass', undefined, 'fail']

const rank = (finding: Finding): number => WORST_FIRST.indexOf(finding.status)
const orNull = (text: string | undefined): string | null => (text ? plainText(text, 200) : null)

/** The scanner's own id of the rule; requirements that are for people have only their finding's id. */
function ruleOf(finding: unknown): string | undefined {
  const code = textAt(finding, 'metadata', 'event_code')
  if (code && code !== 'manual') return code
  return (
    textAt(finding, 'compliance', 'checks', '0', 'uid') ??
    (code === 'manual' ? textAt(finding, 'finding_info', 'uid') : undefined) ??
    textAt(finding, 'finding_info', 'analytic', 'uid') ??
    textAt(finding, 'compliance', 'control') ??
    textAt(finding, 'finding_info', 'title')
  )
}

function severityOf(finding: unknown): Finding['severity'] {
  const id = memberAt(finding, 'severity_id')
  const byId = typeof id === 'number' && id > 0 ? SEVERITY[id] : undefined
  const word = textAt(finding, 'severity')?.toLowerCase()
  return byId ?? SEVERITY.find((severity) => severity === word) ?? 'medium'
}

function parseRecord(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
