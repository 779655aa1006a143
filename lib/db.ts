// SPDX-License-Identifier: Apache-2.0
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type RawBuilder,
} from 'kysely'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { copyPieces, type CopyValue } from './copy.ts'
import type { RecordedTime } from './recorded-time.ts'
import { Refused } from './refused.ts'
import { instant, type Clock, type Instant } from './time.ts'

export { sql } from 'kysely'

// bigint columns hold counts and log positions; all stay below 2^53, and a number is what the callers reckon with.
pg.types.setTypeParser(pg.types.builtins.INT8, (text) => {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} is beyond 2^53`)
  return value
})
const isoInstant = (text: string): Instant =>
  new Date(text.endsWith('+00') ? text.slice(0, -3) + 'Z' : text).toISOString()
pg.types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, isoInstant)
pg.types.setTypeParser(pg.types.builtins.DATE, (text) => text)
pg.types.setTypeParser(1185 as never, (text: string) =>
  parseArray(text).map((t) => (t === null ? null : isoInstant(t))),
)

function parseArray(text: string): (string | null)[] {
  return (pg.types.getTypeParser(1009 as never, 'text') as (t: string) => (string | null)[])(text)
}

/** Turns `sql` into text and parameters; it holds no connection. */
const compiler = new Kysely<Record<string, never>>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
})

/** Who a transaction speaks for. Set on the connection for row-level security and read by the stores. */
export interface Tenant {
  readonly org: string
  /** `usr_…` or `system`. */
  readonly actor: string
  /** `key_…` when an API key of that person acts. */
  readonly via?: string
}

/**
 * A transaction with a tenant. Every statement runs under row-level security: another tenant's rows do not exist for it.
 * Statements are plain SQL with bound parameters (`sql` tag); rows come back as typed objects, moments as `Instant`.
 */
export class Tx {
  readonly org: string
  readonly actor: string
  readonly via: string | undefined
  /** The moment of the operation; what it writes carries this as its valid time. */
  readonly now: Instant
  /** What the clock says: another moment than `now` only while the clock is behind what was recorded. */
  readonly clock: Instant
  /** Which commits it saw when it began (`pg_current_snapshot`): in a reading transaction, all that it sees. */
  readonly snapshot: string
  /** Key-encryption key of the instance, 32 bytes: seals the tenants' keys. Never logged, never leaves the process. */
  readonly kek: Buffer
  private readonly client: pg.ClientBase
  private readonly after: (() => void | Promise<void>)[]
  constructor(
    client: pg.ClientBase,
    tenant: Tenant,
    time: { readonly now: Instant; readonly clock: Instant; readonly snapshot: string },
    kek: Buffer,
    after: (() => void | Promise<void>)[],
  ) {
    this.client = client
    this.org = tenant.org
    this.actor = tenant.actor
    this.via = tenant.via
    this.now = time.now
    this.clock = time.clock
    this.snapshot = time.snapshot
    this.kek = kek
    this.after = after
  }
  async rows<R>(statement: RawBuilder<unknown>): Promise<R[]> {
    return (await this.send(statement)).rows as R[]
  }
  /** The one row, or `undefined`. @throws when there are two. */
  async maybe<R>(statement: RawBuilder<unknown>): Promise<R | undefined> {
    const rows = await this.rows<R>(statement)
    if (rows.length > 1) throw new Error(`expected at most one row, got ${rows.length}`)
    return rows[0]
  }
  /** The one row. @throws when there is none or more than one. */
  async one<R>(statement: RawBuilder<unknown>): Promise<R> {
    const row = await this.maybe<R>(statement)
    if (row === undefined) throw new Error('expected one row, got none')
    return row
  }
  /** Runs a statement that returns nothing of interest; gives the number of rows it touched. */
  async run(statement: RawBuilder<unknown>): Promise<number> {
    return touched(await this.send(statement)) ?? 0
  }
  /** Text and parameters, for libraries that bring their own SQL (the job queue). */
  async text<R>(text: string, values: readonly unknown[] = []): Promise<{ rows: R[]; rowCount: number }> {
    const result = await this.client.query<pg.QueryResultRow>(text, [...values])
    return { rows: result.rows as R[], rowCount: touched(result) ?? result.rows.length }
  }
  /**
   * Sends rows into columns of a temporary table by COPY, the fastest way in; tables with row-level security take none.
   * Text goes into `text` and `json`, numbers into `int`, bytes into `bytea`.
   */
  async copy(table: string, columns: readonly string[], rows: Iterable<readonly CopyValue[]>): Promise<void> {
    const into = this.client.query(copyFrom(`copy ${table} (${columns.join(', ')}) from stdin (format binary)`))
    await pipeline(Readable.from(copyPieces(columns.length, rows)), into)
  }
  /** Runs after the commit: notifications that must not be sent for work that was rolled back. */
  afterCommit(hook: () => void | Promise<void>): void {
    this.after.push(hook)
  }
  private async send(statement: RawBuilder<unknown>): Promise<pg.QueryResult<pg.QueryResultRow>> {
    const { sql: text, parameters } = statement.compile(compiler)
    return await this.client.query<pg.QueryResultRow>(text, [...parameters])
  }
}

/** Rows that a statement wrote; undefined for one that only reads. */
const touched = ({ command, rowCount }: pg.QueryResult<pg.QueryResultRow>): number | undefined =>
  /^(?:INSERT|UPDATE|DELETE|MERGE)$/.test(command) ? (rowCount ?? 0) : undefined

const JITTER_MS = 100

/** The pool of one database role. */
export class Database {
  readonly pool: pg.Pool
  private readonly kek: Buffer
  private readonly movedClock: Clock | undefined
  private readonly time: RecordedTime | undefined
  /**
   * @param options.movedClock tests and the demo live in another time; a server takes the database's time
   * @param options.time keeps recorded time from running backwards, as a server must
   */
  constructor(
    config: pg.PoolConfig,
    options: { readonly kek: Buffer; readonly movedClock?: Clock; readonly time?: RecordedTime },
  ) {
    this.kek = options.kek
    this.movedClock = options.movedClock
    this.time = options.time
    this.pool = new pg.Pool({ max: 20, idleTimeoutMillis: 30_000, connectionTimeoutMillis: 10_000, ...config })
    // An idle connection that breaks (server restart) is replaced by the pool; without a listener it would end the process.
    this.pool.on('error', () => undefined)
    // The same while a transaction waits between two statements: its next statement fails and says so.
    this.pool.on('connect', (client) => client.on('error', () => undefined))
  }

  /**
   * Runs `work` in one transaction for a tenant and commits, or rolls back and rethrows. Serialization failures and
   * deadlocks are tried again up to 3 times, so `work` must have no effect outside the transaction.
   */
  async tenant<T>(tenant: Tenant, work: (tx: Tx) => Promise<T>, mode: 'write' | 'read' = 'write'): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const after: (() => void | Promise<void>)[] = []
      try {
        const { result, recorded } = await this.inTransaction(mode, async (client) => {
          const { now: told, snapshot } = await this.begin(client, tenant, mode)
          const now = this.hold(told)
          if (now !== told) await client.query("select set_config('app.now', $1, true)", [now])
          const tx = new Tx(client, tenant, { now, clock: told, snapshot }, this.kek, after)
          return { result: await work(tx), recorded: now }
        })
        if (mode === 'write' && tenant.org !== '') this.time?.recorded(Date.parse(recorded))
        for (const hook of after) await hook()
        return result
      } catch (error) {
        if (attempt < 3 && isTransient(error)) continue
        throw translate(error)
      }
    }
  }

  /** Begins a transaction and says who asks, in one message: the database may be ten milliseconds away. */
  private async begin(
    client: pg.PoolClient,
    { org, actor }: Tenant,
    mode: 'write' | 'read',
  ): Promise<{ now: Instant; snapshot: string }> {
    const moved = this.movedClock ? this.movedClock().toISOString() : ''
    const [o, a, m] = [org, actor, moved].map((text) => pg.escapeLiteral(text))
    const kind =
      mode === 'read' ? 'isolation level repeatable read read only' : 'isolation level read committed read write'
    // Several statements in one text are answered by a list of results, which the types of the driver do not know.
    const results = (await client.query(`
      start transaction ${kind};
      select recorded_now() as now, pg_current_snapshot()::text as snapshot from (select set_config('app.org', ${o}, true),
        set_config('app.actor', ${a}, true), set_config('app.now', ${m}, true) offset 0) settings`)) as unknown as [
      unknown,
      pg.QueryResult<{ now: Instant; snapshot: string }>,
    ]
    const { now, snapshot } = results[1].rows[0]! // a select without "where" gives its one row
    return { now: moved || now, snapshot }
  }

  /**
   * Commits what `work` did, or rolls it back and rethrows. A transaction that only read has nothing to lose: its answer
   * does not wait for the end.
   */
  private async inTransaction<T>(mode: 'write' | 'read', work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.pool.connect()
    let result: T
    try {
      result = await work(client)
    } catch (error) {
      await finish(client, 'rollback').catch(() => undefined) // the connection was given up; why is the first failure
      throw error
    }
    const finished = finish(client, 'commit')
    if (mode === 'write') await finished
    else finished.catch(() => undefined)
    return result
  }

  /** Transactions that run side by side differ by moments anyway; more than that is the clock's doing. */
  private hold(clock: Instant): Instant {
    const held = this.time?.held(Date.parse(clock))
    return held === undefined || held - Date.parse(clock) <= JITTER_MS ? clock : instant(held)
  }

  async close(): Promise<void> {
    await this.pool.end()
  }
}

/**
 * Ends a transaction and gives the connection back, or gives it up where that fails.
 * @throws Error when the database rolled back, because a failure inside was swallowed
 */
async function finish(client: pg.PoolClient, how: 'commit' | 'rollback'): Promise<void> {
  let command: string
  try {
    command = (await client.query(how)).command
  } catch (error) {
    client.release(true)
    throw error
  }
  client.release()
  if (how === 'commit' && command === 'ROLLBACK') throw new Error('a statement failed, and the transaction went on')
}

const codeOf = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined

const isTransient = (error: unknown): boolean => ['40001', '40P01'].includes(codeOf(error) ?? '')

/** Database errors that a caller can do something about, in words; all others stay bugs. */
function translate(error: unknown): unknown {
  if (error instanceof Refused) return error
  switch (codeOf(error)) {
    case '53100':
      return new Refused('STORAGE_FULL', 'the database has no disk space left; nothing was saved', { status: 507 })
    case '57014':
      return new Refused('TOO_SLOW', 'the question took longer than the limit and was stopped; nothing was changed', {
        status: 503,
      })
    case '53300':
    case '57P01':
    case '57P03':
    case 'ECONNREFUSED':
      return new Refused('DATABASE_UNAVAILABLE', 'the database does not answer just now; try again in a moment', {
        status: 503,
      })
    default:
      return error
  }
}
