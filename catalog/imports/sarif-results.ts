// SPDX-License-Identifier: Apache-2.0
import { hash } from 'node:crypto'
import type { z } from 'zod'
import { plainText } from '../import.ts'
import type { codeFinding } from '../kinds/code-finding.ts'
import { listAt, memberAt, textAt } from './json-values.ts'

type Finding = z.infer<typeof codeFinding.schema>

/** What is kept of a result until the rules of its run are known, which may stand after it in the file. */
export interface Outline {
  readonly run: number
  readonly pointer: string
  /** False for results that say that all is well (`kind` pass or notApplicable). */
  readonly isProblem: boolean
  readonly rule_id: string | undefined
  readonly rule_index: number | undefined
  readonly component_index: number | undefined
  readonly level: string | undefined
  readonly score: number | undefined
  readonly message: string
  readonly path: string | undefined
  readonly artifact: number | undefined
  readonly line: number | null
  readonly prints: string
  readonly suppressed: boolean
  readonly baseline: string | null
}

/** @param pointer `/runs/<run>/results/<n>` */
export function outlineOf(result: unknown, pointer: string): Outline {
  const location = memberAt(result, 'locations', '0', 'physicalLocation')
  const line = memberAt(location, 'region', 'startLine')
  const kind = textAt(result, 'kind') ?? 'fail'
  return {
    run: Number(pointer.split('/')[2]),
    pointer,
    isProblem: kind !== 'pass' && kind !== 'notApplicable',
    rule_id: textAt(result, 'ruleId') ?? textAt(result, 'rule', 'id'),
    rule_index: indexAt(result, 'ruleIndex') ?? indexAt(result, 'rule', 'index'),
    component_index: indexAt(result, 'rule', 'toolComponent', 'index'),
    level: kind === 'fail' ? textAt(result, 'level') : 'none',
    score: scoreAt(result),
    message: plainText(
      textAt(result, 'message', 'text') ??
        textAt(result, 'message', 'markdown') ??
        textAt(result, 'message', 'id') ??
        '',
      500,
    ),
    path: textAt(location, 'artifactLocation', 'uri'),
    artifact: indexAt(location, 'artifactLocation', 'index'),
    line: typeof line === 'number' && Number.isSafeInteger(line) && line > 0 ? line : null,
    prints: printsOf(memberAt(result, 'fingerprints')) || printsOf(memberAt(result, 'partialFingerprints')),
    suppressed: isSuppressed(listAt(result, 'suppressions')),
    baseline: textAt(result, 'baselineState') ?? null,
  }
}

/** The finding that an outline is, with the words of its rule. */
export function findingOf(outline: Outline, run: unknown, scanner: string): { body: Finding; pointer: string } {
  const component =
    outline.component_index === undefined
      ? memberAt(run, 'tool', 'driver')
      : listAt(run, 'tool', 'extensions')[outline.component_index]
  const rules = listAt(component, 'rules')
  const rule =
    (outline.rule_index === undefined ? undefined : rules[outline.rule_index]) ??
    rules.find((candidate) => textAt(candidate, 'id') === outline.rule_id)
  const id = outline.rule_id ?? textAt(rule, 'id') ?? 'unnamed rule'
  const path =
    outline.path ??
    (outline.artifact === undefined ? undefined : textAt(listAt(run, 'artifacts')[outline.artifact], 'location', 'uri'))
  return {
    pointer: outline.pointer,
    body: {
      scanner,
      rule: plainText(id, 300),
      title: plainText(
        textAt(rule, 'shortDescription', 'text') ?? textAt(rule, 'name') ?? (outline.message || id),
        500,
      ),
      path: path === undefined ? null : plainText(path, 1000),
      line: outline.line,
      severity: severityOf(outline, rule),
      suppressed: outline.suppressed,
      baseline: outline.baseline,
      fingerprint: hash(
        'sha256',
        JSON.stringify([path ?? null, outline.prints || [outline.line, outline.message]]),
        'hex',
      ).slice(0, 32),
    },
  }
}

/** Results that are alike in everything that identifies them get a number, in the order of the file. */
export function numbered<F extends { readonly body: Finding }>(findings: readonly F[]): F[] {
  const seen = new Map<string, number>()
  return findings.map((finding) => {
    const { rule, fingerprint } = finding.body
    const key = `${rule}\n${fingerprint}`
    const n = (seen.get(key) ?? 0) + 1
    seen.set(key, n)
    return n === 1 ? finding : { ...finding, body: { ...finding.body, fingerprint: `${fingerprint}-${n}` } }
  })
}

/** By the CVSS-like score that scanners of weaknesses give (GitHub's `security-severity`), else by the level. */
function severityOf(outline: Outline, rule: unknown): Finding['severity'] {
  const score = outline.score ?? scoreAt(rule)
  if (score !== undefined && score > 0)
    return score >= 9 ? 'critical' : score >= 7 ? 'high' : score >= 4 ? 'medium' : 'low'
  // SARIF 3.27.10: a level that is not said is "warning".
  return LEVELS.get(outline.level ?? textAt(rule, 'defaultConfiguration', 'level') ?? 'warning') ?? 'medium'
}

const LEVELS = new Map<string, Finding['severity']>([
  ['error', 'high'],
  ['warning', 'medium'],
  ['note', 'low'],
  ['none', 'informational'],
])

function scoreAt(value: unknown): number | undefined {
  const score = memberAt(value, 'properties', 'security-severity')
  const number = typeof score === 'string' || typeof score === 'number' ? Number(score) : Number.NaN
  return number >= 0 && number <= 10 ? number : undefined
}

function indexAt(value: unknown, ...path: readonly string[]): number | undefined {
  const index = memberAt(value, ...path)
  return typeof index === 'number' && Number.isSafeInteger(index) && index >= 0 ? index : undefined
}

const printsOf = (prints: unknown): string =>
  typeof prints === 'object' && prints !== null
    ? Object.entries(prints)
        .filter(([, value]) => typeof value === 'string')
        .map(([name, value]) => `${name}=${String(value)}`)
        .toSorted()
        .join('\n')
    : ''

/** A suppression that waits for review, or was rejected, hides nothing. */
const isSuppressed = (suppressions: readonly unknown[]): boolean =>
  suppressions.length > 0 &&
  suppressions.every((suppression) => (textAt(suppression, 'status') ?? 'accepted') === 'accepted')
