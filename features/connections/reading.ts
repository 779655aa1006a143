// SPDX-License-Identifier: Apache-2.0
import type { Capture, Census, Collected, Reconciliation, Row } from '../../catalog/collected.ts'
import type { Connector, End, Identity, Normalised, Stream } from '../../catalog/connector.ts'
import type { Exchange } from '../../lib/recorder.ts'
import type { Instant } from '../../lib/time.ts'
import { SourceTrouble, type TroubleKind } from '../../lib/trouble.ts'

/** What came of reading a stream, before anybody decides what it means. */
export interface Gathered {
  readonly stream: Stream
  readonly pages: readonly Normalised[]
  /** Absent when the reading broke off. */
  readonly end?: End
  readonly census?: Census
  readonly trouble?: SourceTrouble
  readonly exchanges: readonly Exchange[]
  readonly observed_at: Instant
}

/** How trouble shows in the outcome of a reading that brought nothing. */
const OUTCOMES: Readonly<Record<TroubleKind, 'denied' | 'unsupported' | 'failed'>> = {
  denied: 'denied',
  unsupported: 'unsupported',
  missing: 'failed',
  unreachable: 'failed',
  timeout: 'failed',
  'too-large': 'failed',
  broken: 'failed',
  forbidden: 'failed',
}

/** Tolerance of an approximate census. */
const TOLERANCE = 0.02

/**
 * Decides what a reading is worth. Only one that came to its end, reached everything it listed and agrees with its
 * census is complete; everything else says why it is not.
 */
export function compose(connector: Connector, identity: Identity | undefined, gathered: Gathered): Collected {
  const { stream, end, trouble, census } = gathered
  const { rows, unreachable, remarks } = rowsOf(gathered)
  const listed = rows.length + unreachable.length
  const reconciliation = reconcile(census, listed)
  const [lost] = unreachable
  const why =
    trouble?.message ??
    end?.partial ??
    (lost
      ? `${unreachable.length} of ${listed} could not be read; the first: ${lost.subject}: ${lost.because}`
      : undefined) ??
    (census && reconciliation === 'mismatch'
      ? `the source counts ${census.n} (${census.how}), the reading has ${listed}`
      : undefined)
  const outcome =
    why === undefined ? 'complete' : trouble && listed === 0 ? OUTCOMES[trouble.kind] : ('partial' as const)
  return {
    stream: stream.name,
    kind: stream.kind.id,
    kind_version: stream.kind.version,
    outcome,
    ...(why === undefined ? {} : { why: why.slice(0, 2000) }),
    listed,
    collected: rows.length,
    unreachable,
    ...(census ? { census } : {}),
    reconciliation,
    ...(end?.window ? { window: end.window } : {}),
    observed_at: gathered.observed_at,
    captures: gathered.exchanges.map(captureOf),
    rows,
    producer: {
      id: connector.id,
      version: connector.version,
      ...(identity ? { tool: identity.tool } : {}),
    },
    remarks: [...(end?.remarks ?? []), ...remarks],
  }
}

/** Compares what was listed with what the source counted. */
export function reconcile(census: Census | undefined, listed: number): Reconciliation {
  if (!census) return 'no-census'
  if (census.exact === 'at-least') return listed >= census.n ? 'equal' : 'mismatch'
  if (listed === census.n) return 'equal'
  const near = Math.abs(listed - census.n) <= Math.ceil(census.n * TOLERANCE)
  return census.exact === 'approximate' && near ? 'within-tolerance' : 'mismatch'
}

interface Made {
  readonly rows: Row[]
  readonly unreachable: { subject: string; because: string }[]
  readonly remarks: string[]
}

/** Rows that fit their kind, each subject once; a row that does not fit is one that could not be read. */
function rowsOf({ stream, pages }: Gathered): Made {
  const { kind } = stream
  const rows = new Map<string, Row>()
  const lost = new Map<string, string>()
  let repeated = 0
  for (const page of pages) {
    for (const { subject, because } of page.unreachable) lost.set(subject, because)
    for (const { body, capture, pointer } of page.rows) {
      const parsed = kind.schema.safeParse(body)
      if (!parsed.success) {
        const issue = parsed.error.issues[0]! // what does not fit has at least one
        lost.set(`${stream.name} ${pointer || '1'}`, `${issue.path.join('.')}: ${issue.message}`)
        continue
      }
      const row: Row = {
        key: kind.key(parsed.data),
        label: kind.label(parsed.data).slice(0, 500),
        body: parsed.data,
        capture,
        pointer,
      }
      const known = rows.get(row.key)
      rows.set(row.key, row)
      if (!known) continue
      repeated++
      if (JSON.stringify(known.body) !== JSON.stringify(row.body)) {
        rows.delete(row.key)
        lost.set(row.label, 'the source told it twice, differently: it changed while it was read')
      }
    }
  }
  return {
    rows: [...rows.values()],
    unreachable: [...lost].map(([subject, because]) => ({ subject: subject.slice(0, 300), because })),
    remarks: repeated > 0 ? [`The source listed ${repeated} subjects more than once.`] : [],
  }
}

function captureOf(exchange: Exchange): Capture {
  return {
    name: exchange.name,
    media_type: exchange.media_type,
    bytes: exchange.bytes,
    captured_at: exchange.answered_at,
    request: exchange.request,
    response: { asked_at: exchange.asked_at, ...exchange.response },
  }
}
