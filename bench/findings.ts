// SPDX-License-Identifier: Apache-2.0
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { hash } from 'node:crypto'
import type pg from 'pg'

/*
 * What the import of findings is measured with: scans that are the same byte for byte on every machine, the least that
 * any import of them must do, and how others store them.
 */

const RULES = 300
const RESOURCES = 334
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

/** What a scanner says of each rule at length, in words that repeat as those of a report do: 2 kB. */
const DETAILS = Array.from({ length: RULES }, (_, rule) => {
  const random = seeded(1000 + rule)
  const words = Array.from({ length: 300 }, () =>
    Math.floor(random() ** 2 * 3000)
      .toString(36)
      .padStart(3, 'aeiou'),
  )
  return words.map((word, i) => (i % 17 === 0 ? `The ${word}` : `${word}${i % 16 === 0 ? '.' : 'ing'}`)).join(' ')
})
export const seconds = (started: number): number => (performance.now() - started) / 1000

/** Writes a scan as lines of OCSF of 2.6 kB; each of `flips` in ten thousand findings says the other of pass and fail. */
export function writeScan(path: string, of: { findings: number; at: string; flips: number }): { flipped: number } {
  const [base, flip] = [seeded(1), seeded(2)]
  const file = openSync(path, 'w')
  let flipped = 0
  let lines: string[] = []
  for (let i = 0; i < of.findings; i++) {
    const isFlipped = flip() * 10_000 < of.flips
    if (isFlipped) flipped++
    lines.push(JSON.stringify(finding(i, base() < 0.7 !== isFlipped ? 'PASS' : 'FAIL', of.at)))
    if (lines.length === 1000 || i === of.findings - 1) {
      writeSync(file, `${lines.join('\n')}\n`)
      lines = []
    }
  }
  closeSync(file)
  return { flipped }
}

/** A finding as a scanner writes it: rule after rule, each on all its resources. */
export function finding(i: number, status: string, at: string) {
  const n = Math.floor(i / RESOURCES)
  const rule = `rule_${n}`
  const resource = `arn:cloud:service:eu-central-1:100000000001:thing/${i % RESOURCES}`
  return {
    message: `${rule} on ${resource}`,
    metadata: { event_code: rule, product: { name: 'Benchscan', version: '1.0.0' }, version: '1.4.0' },
    severity_id: 1 + (i % 5),
    status_id: 1,
    status_code: status,
    finding_info: { uid: `${rule}-${resource}`, title: `The rule ${rule}`, desc: DETAILS[n % RULES] },
    resources: [
      { uid: resource, type: 'Thing', region: 'eu-central-1', data: { metadata: { id: i, tags: ['a', 'b'] } } },
    ],
    cloud: { account: { uid: '100000000001' }, provider: 'cloud', region: 'eu-central-1' },
    class_uid: 2004,
    time: Date.parse(at) / 1000,
  }
}

export function* piecesOf(path: string): Generator<Buffer> {
  const file = openSync(path, 'r')
  const piece = new Uint8Array(1024 * 1024)
  for (let size = readSync(file, piece); size > 0; size = readSync(file, piece))
    yield Buffer.from(piece.subarray(0, size))
  closeSync(file)
}

/**
 * The limit, on one thread as an import reads: split lines, parse each, hash its bytes, take out the ten fields that a
 * fact has. Nothing is checked, compared or kept.
 */
export function leastWork(path: string): { seconds: number; seen: number } {
  const started = performance.now()
  let left = new Uint8Array(0)
  let seen = 0
  for (const piece of piecesOf(path)) {
    const bytes: Buffer = left.length > 0 ? Buffer.concat([left, piece]) : piece
    let from = 0
    for (let to = bytes.indexOf(10); to >= 0; from = to + 1, to = bytes.indexOf(10, from)) {
      const line = bytes.subarray(from, to)
      const fields = fieldsOf(JSON.parse(line.toString('utf8')) as ReturnType<typeof finding>)
      if (hash('sha256', line).length + fields.length > 0) seen++
    }
    left = Uint8Array.from(bytes.subarray(from))
  }
  return { seconds: seconds(started), seen }
}

const fieldsOf = (of: ReturnType<typeof finding>): unknown[] =>
  of.resources.map(({ uid, type, region }) => ({
    scanner: of.metadata.product.name,
    rule: of.metadata.event_code,
    title: of.finding_info.title,
    resource: uid,
    resource_type: type,
    account: of.cloud.account.uid,
    region,
    status: of.status_code,
    severity: of.severity_id,
    at: new Date(of.time * 1000).toISOString(),
  }))

const PEER_COLUMNS = ['id', 'run_id', 'rule', 'resource', 'status', 'severity', 'title', 'payload']

/**
 * How a common application stores findings: a row each with the whole payload as `jsonb`, a random id and three indexes,
 * 500 rows a statement, in one transaction. It is given parsed findings and pays for neither reading nor hashing; an
 * object mapper would come on top. The second time every row is touched, as an upsert does.
 */
export async function peerInserts(pool: pg.Pool, findings: number): Promise<number> {
  await pool.query(`
    create table if not exists peer (id text primary key, run_id text not null, rule text not null,
      resource text not null, status text not null, severity int not null, title text not null, payload jsonb not null,
      created_at timestamptz not null default now(), unique (rule, resource));
    create index if not exists peer_run on peer (run_id);
    create index if not exists peer_status on peer (run_id, status)`)
  const made = Array.from({ length: findings }, (_, i) => finding(i, 'PASS', '2026-03-01T06:00:00Z'))
  const client = await pool.connect()
  const started = performance.now()
  try {
    await client.query('begin')
    for (let from = 0; from < findings; from += 500) {
      const values = made.slice(from, from + 500).flatMap((of) => {
        const { uid } = of.resources[0]! // a made finding has one
        const id = `c${crypto.randomUUID()}`
        const { event_code: rule } = of.metadata
        return [id, 'run', rule, uid, of.status_code, of.severity_id, of.finding_info.title, JSON.stringify(of)]
      })
      const rows = Array.from(
        { length: values.length / 8 },
        (_, r) => `(${PEER_COLUMNS.map((_c, c) => `$${r * 8 + c + 1}`).join()})`,
      )
      await client.query(
        `insert into peer (${PEER_COLUMNS.join()}) values ${rows.join()}
         on conflict (rule, resource) do update set status = excluded.status, payload = excluded.payload`,
        values,
      )
    }
    await client.query('commit')
  } finally {
    client.release()
  }
  return seconds(started)
}
