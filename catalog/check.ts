// SPDX-License-Identifier: Apache-2.0
import { LineCounter, parseDocument, type Document } from 'yaml'
import { z } from 'zod'
import { Refused } from '../lib/refused.ts'
import { HOUR_MS } from '../lib/time.ts'

/** Longest text of a check, in bytes; deepest nesting; most YAML aliases (none is ever needed). */
export const CHECK_MOST_BYTES = 64 * 1024
const CHECK_MOST_DEPTH = 24
const CHECK_MOST_ALIASES = 20

const slug = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'expected lower-case words joined by hyphens')

/** `26h` or `90d`. */
const span = z.string().regex(/^[1-9]\d{0,4}[hd]$/, 'expected hours or days, such as 26h or 90d')
const word = z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, 'expected a lower-case word')
const scalar = z.union([z.string().max(500), z.number(), z.boolean()])
const sentence = z.string().min(10).max(300)
const row = z.record(z.string().max(60), z.unknown())

const example = z.strictObject({
  /** What this example shows, where it is not plain. */
  says: z.string().max(300).optional(),
  subject: row,
  lookup: z.record(word, z.array(row).max(50)).optional(),
  /** The moment of judging; noon of 1 June 2026 when absent. */
  now: z.iso.datetime().optional(),
})
export type CheckExample = z.infer<typeof example>
const examples = z.union([example.transform((one) => [one]), z.array(example).min(1).max(20)])

const lookup = z.strictObject({
  from: slug(60).describe('Kind of the rows that are joined'),
  on: z
    .record(word, word)
    .refine((pairs) => Object.keys(pairs).length > 0, 'expected at least one pair of fields')
    .describe('Their field: our field'),
  ignore_case: z.boolean().default(false),
})

/**
 * A check: a pure question about facts that an auditor can read. The engine, not the author, decides what a missing
 * field, a stale reading or an empty population means.
 */
export const checkSchema = z.strictObject({
  id: slug(80),
  title: z.string().min(3).max(120),
  says: z.string().min(10).max(500).describe('The statement an auditor reads: what must be true of each subject'),
  for: slug(60).describe('Kind of the subjects: one verdict for each'),
  where: z.string().min(1).max(8192).optional().describe('Which subjects are in scope (CEL)'),
  assert: z.string().min(1).max(8192).describe('What must be true of a subject (CEL)'),
  lookup: z.record(word, lookup).default({}),
  params: z
    .record(word, z.union([scalar, z.array(scalar).min(1).max(100), z.record(z.string().max(60), scalar)]))
    .default({}),
  found: z
    .strictObject({
      fail: sentence.optional(),
      inconclusive: sentence.optional().describe('When the source said something that is neither right nor wrong'),
    })
    .default({})
    .describe('What was observed and what is required, in sentences for people; {field} is what the source said'),
  fresh: span.describe('How long a reading proves the present'),
  severity: z.enum(['critical', 'high', 'medium', 'low']),
  controls: z
    .array(
      z.strictObject({
        id: z.string().regex(/^[A-Z]{3}-\d\d$/, 'expected a control such as CHG-02'),
        strength: z.enum(['direct', 'partial', 'supporting']),
        rationale: z.string().min(10).max(500),
      }),
    )
    .max(20),
  remediation: z.string().min(10).max(2000),
  empty: z.literal('acceptable').optional().describe('No subject at all may be right, when the source itself says so'),
  needs_census: z.literal('exact').optional().describe('A reading without an exact independent count proves nothing'),
  examples: z
    .strictObject({
      pass: examples,
      fail: examples,
      not_applicable: examples.optional(),
      inconclusive: examples.optional(),
    })
    .describe('Rows whose verdicts are known; they are judged before the check is accepted'),
})
export type Check = z.infer<typeof checkSchema>
export type Verdict = 'pass' | 'fail' | 'inconclusive' | 'not_applicable'

/** Milliseconds of `26h` or `90d`. */
export const spanMs = (text: string): number =>
  Number(text.slice(0, -1)) * (text.endsWith('d') ? 24 * HOUR_MS : HOUR_MS)

/**
 * Reads the YAML text of a check. Only plain data: no tags, no merge keys, few aliases, no unknown field.
 * @throws Refused CHECK_TOO_LARGE, BAD_CHECK with the line and the JSON pointer of the first fault
 */
export function parseCheck(text: string): Check {
  const size = Buffer.byteLength(text)
  if (size > CHECK_MOST_BYTES)
    throw new Refused('CHECK_TOO_LARGE', `expected at most ${CHECK_MOST_BYTES} bytes, got ${size}`, { status: 413 })
  refuseDepth(text)
  const lines = new LineCounter()
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    customTags: [],
    merge: false,
    uniqueKeys: true,
    strict: true,
    stringKeys: true,
    lineCounter: lines,
  })
  const fault = document.errors[0] ?? document.warnings[0]
  if (fault) {
    const at = lines.linePos(fault.pos[0])
    const hint = fault.code === 'TAG_RESOLVE_FAILED' ? ' a text that begins with ! stands in quotes' : ''
    throw new Refused('BAD_CHECK', `line ${at.line}, column ${at.col}: ${fault.message.split('\n')[0]}${hint}`)
  }
  const parsed = checkSchema.safeParse(plain(document))
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]!] : issue.path
  const pointer = '/' + path.map((part) => String(part).replaceAll('~', '~0').replaceAll('/', '~1')).join('/')
  throw new Refused('BAD_CHECK', `line ${lineOf(document, lines, path)}, ${pointer}: ${issue.message}`, { pointer })
}

/** Line of the deepest node on the path that exists. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true)
    if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range))
      return lines.linePos(Number(node.range[0])).line
  }
  return 1
}

function plain(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: CHECK_MOST_ALIASES })
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error // yaml's word for too many aliases
    throw new Refused('BAD_CHECK', `expected no more than ${CHECK_MOST_ALIASES} aliases: ${error.message}`)
  }
}

/** Refuses nesting before a parser recurses into it. Brackets inside texts count too; real checks stay far below. */
function refuseDepth(text: string): void {
  let open = 0
  for (const char of text) {
    if (char === '[' || char === '{') open++
    else if (char === ']' || char === '}') open = Math.max(0, open - 1)
    if (open > CHECK_MOST_DEPTH)
      throw new Refused('BAD_CHECK', `expected at most ${CHECK_MOST_DEPTH} levels of brackets, got more`)
  }
  if (/^(?: *[-?:] ){24}/m.test(text) || /^ {200}/m.test(text))
    throw new Refused('BAD_CHECK', `expected at most ${CHECK_MOST_DEPTH} levels of lists or maps, got more`)
}
