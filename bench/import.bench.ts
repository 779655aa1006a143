// SPDX-License-Identifier: Apache-2.0
import { createReadStream, closeSync, openSync, readSync, writeSync } from 'node:fs'
import { hash } from 'node:crypto'
import { join } from 'node:path'
import { ocsf } from '../catalog/imports/ocsf.ts'
import { evidenceJobs } from '../features/evidence/evidence.actions.ts'
import { startImport } from '../features/evidence/imports.store.ts'
import { openStage, type Stage } from './stage.ts'

/*
 * W1: 100,000 findings of 300 rules, as lines of OCSF of 2.6 kB, through the whole path of an import: read in a thread
 * apart, counted twice, encrypted and synced to disk, hashed to a root, merged into intervals, one leaf. Against what
 * no import can beat: reading, splitting, JSON.parse and one SHA-256 a finding on one thread, and nothing kept.
 */

const RULES = 300
const FINDINGS = Number(process.env['ASSAY_BENCH_FINDINGS'] ?? 100_000)
const DETAIL = 'What the scanner looked at, why it matters and how it is put right. '.repeat(24)

/** A generator of the same numbers for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Writes a scan; each of `flips` in ten thousand findings says the other of pass and fail. Gives the flipped ones. */
function writeScan(path: string, at: string, flips: number): number {
  const [base, flip] = [seeded(1), seeded(2)]
  const file = openSync(path, 'w')
  let flipped = 0
  let lines: string[] = []
  for (let i = 0; i < FINDINGS; i++) {
    const isFlipped = flip() * 10_000 < flips
    if (isFlipped) flipped++
    const status = base() < 0.7 !== isFlipped ? 'PASS' : 'FAIL'
    lines.push(findingLine(i, status, at))
    if (lines.length === 1000 || i === FINDINGS - 1) {
      writeSync(file, `${lines.join('\n')}\n`)
      lines = []
    }
  }
  closeSync(file)
  return flipped
}

function findingLine(i: number, status: string, at: string): string {
  const rule = `rule_${i % RULES}`
  const resource = `arn:cloud:service:eu-central-1:100000000001:thing/${Math.floor(i / RULES)}`
  return JSON.stringify({
    message: `${rule} on ${resource}`,
    metadata: { event_code: rule, product: { name: 'Benchscan', version: '1.0.0' }, version: '1.4.0' },
    severity_id: 1 + (i % 5),
    status_id: 1,
    status_code: status,
    finding_info: { uid: `${rule}-${resource}`, title: `The rule ${rule}`, desc: DETAIL },
    resources: [
      { uid: resource, type: 'Thing', region: 'eu-central-1', data: { metadata: { id: i, tags: ['a', 'b'] } } },
    ],
    cloud: { account: { uid: '100000000001' }, provider: 'cloud', region: 'eu-central-1' },
    class_uid: 2004,
    time: Date.parse(at) / 1000,
  })
}

function* piecesOf(path: string): Generator<Buffer> {
  const file = openSync(path, 'r')
  const piece = new Uint8Array(1024 * 1024)
  for (let size = readSync(file, piece); size > 0; size = readSync(file, piece))
    yield Buffer.from(piece.subarray(0, size))
  closeSync(file)
}

/** The limit: split lines, parse and hash each, keep nothing. */
function parseOnly(path: string): number {
  const started = performance.now()
  let left = new Uint8Array(0)
  for (const piece of piecesOf(path)) {
    const bytes: Buffer = left.length > 0 ? Buffer.concat([left, piece]) : piece
    let from = 0
    for (let to = bytes.indexOf(10); to >= 0; from = to + 1, to = bytes.indexOf(10, from)) {
      const line = bytes.subarray(from, to)
      JSON.parse(line.toString('utf8'))
      hash('sha256', line)
    }
    left = Uint8Array.from(bytes.subarray(from))
  }
  return seconds(started)
}

const seconds = (started: number): number => (performance.now() - started) / 1000

interface Measured {
  readonly seconds: number
  readonly rows: number
  readonly walBytes: number
}

async function importScan(stage: Stage, path: string, name: string): Promise<Measured> {
  const { org } = stage
  const file = await stage.inbox.receive(org, 'usr_bench', name, createReadStream(path), new Date(), () => undefined)
  const tenant = { org, actor: 'usr_bench' }
  const before = await stage.owner.query('select pg_current_wal_lsn() as lsn')
  const rowsBefore = await factRows(stage)
  const started = performance.now()
  const row = await stage.db.tenant(tenant, (tx) =>
    startImport(tx, { ...file, upload: file.id, format: 'ocsf', series: 'bench', options: {} }),
  )
  const job = { ...tenant, input: { import_id: row.id }, id: 'bench', signal: new AbortController().signal }
  await evidenceJobs.import(stage)(job)
  const took = seconds(started)
  const state = await stage.owner.query('select state, because from file_import where id = $1', [row.id])
  if (state.rows[0].state !== 'done') throw new Error(`the import ended as ${JSON.stringify(state.rows[0])}`)
  const { rows } = await stage.owner.query('select pg_wal_lsn_diff(pg_current_wal_lsn(), $1)::float8 as bytes', [
    before.rows[0].lsn,
  ])
  return { seconds: took, rows: (await factRows(stage)) - rowsBefore, walBytes: rows[0].bytes }
}

async function factRows(stage: Stage): Promise<number> {
  return (await stage.owner.query('select count(*)::int as n from fact')).rows[0].n
}

const print = (what: string, { seconds, rows, walBytes }: Measured, limit: number): void =>
  console.log(
    `${what.padEnd(28)} ${seconds.toFixed(2).padStart(6)} s  ${(seconds / limit).toFixed(2).padStart(5)} x parse-only  ${Math.round(
      FINDINGS / seconds,
    )
      .toString()
      .padStart(
        7,
      )} findings/s  ${rows.toString().padStart(7)} rows written  ${(walBytes / FINDINGS).toFixed(1).padStart(7)} WAL bytes/finding`,
  )

const stage = await openStage()
let failed = false
const expect = (is: boolean, what: string): void => {
  if (is) return
  failed = true
  console.log(`FAILED: ${what}`)
}
try {
  const path = (n: number): string => join(stage.folder, `scan-${n}.jsonl`)
  writeScan(path(1), '2026-03-01T06:00:00Z', 0)
  const flipped = writeScan(path(2), '2026-03-02T06:00:00Z', 100)
  writeScan(path(3), '2026-03-03T06:00:00Z', 100)
  parseOnly(path(1)) // warm: the page cache and the compiler
  const limit = parseOnly(path(1))
  console.log(
    `${FINDINGS} findings; parse-only limit ${limit.toFixed(2)} s (${Math.round(FINDINGS / limit)} findings/s)`,
  )
  const readStarted = performance.now()
  await ocsf.read(piecesOf(path(1)), { name: '', size_bytes: 0, sha256: '', series: '', prepared_by: '' })
  console.log(
    `reader alone                 ${seconds(readStarted).toFixed(2).padStart(6)} s  ${(seconds(readStarted) / limit).toFixed(2).padStart(5)} x parse-only`,
  )

  const first = await importScan(stage, path(1), 'first.jsonl')
  print('first load', first, limit)
  expect(first.rows === FINDINGS, `expected ${FINDINGS} rows, got ${first.rows}`)
  const ratio = first.seconds / limit
  expect(ratio < 30, `a first load takes less than 30 times the limit, took ${ratio.toFixed(1)} times`)
  const second = await importScan(stage, path(2), 'second.jsonl')
  print(`re-scan, ${flipped} flips`, second, limit)
  expect(second.rows === flipped, `rows written are those that changed: expected ${flipped}, got ${second.rows}`)
  const third = await importScan(stage, path(3), 'third.jsonl')
  print('re-scan, nothing changed', third, limit)
  expect(third.rows === 0, `an identical scan writes no fact, wrote ${third.rows}`)
  console.log(`peak memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`)
} finally {
  await stage.close()
}
process.exit(failed ? 1 : 0)
