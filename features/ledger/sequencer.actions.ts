// SPDX-License-Identifier: Apache-2.0
import type { Database } from '../../lib/db.ts'
import type { Logger } from '../../lib/log.ts'
import { Refused } from '../../lib/refused.ts'
import type { Disk } from './disk.store.ts'
import { openPublication } from './publication.store.ts'
import { openRecount } from './recount.ts'
import { BATCH, publish, sequence, sign, type Sequencing, type Step } from './sequencing.actions.ts'
import { freezeLog, lastTimestamp, surveyLogs, type LogRow } from './sequencer.store.ts'
import { openSigner } from './signer.store.ts'

export { guardLedgers } from './guard.actions.ts'

export interface SequencerOptions {
  /** Pool of the role assay_sequencer. */
  readonly database: Database
  readonly dataDir: string
  readonly log: Logger
  /** Pause between two rounds. */
  readonly intervalMs?: number
  /** How the process ends when the disk does not confirm a write. */
  readonly exit?: (error: unknown) => never
  /** Called at each step, for tests of crashes. */
  readonly at?: (step: Step, org: string) => void | Promise<void>
  /** Stands between the sequencer and its files, for tests of a disk that fails. */
  readonly disk?: (disk: Disk) => Disk
  /** The first implementation of the leaf hash, for the test of a flipped bit. */
  readonly hash?: (entry: Uint8Array) => Uint8Array
}

export interface SequencerHealth {
  readonly pending: number
  /** How long the oldest leaf seen waiting has waited, in milliseconds. */
  readonly lagMs: number
  readonly lastTickAt: string | undefined
  /** Why a log is not signed, in words; absent when there is no doubt about any. */
  readonly refused: string | undefined
  /** What of the publication or of the signer's memory cannot be written, in words; absent when all can. */
  readonly unwritten: string | undefined
  /** The newest moment that a time-stamp proves. */
  readonly lastTimestampAt: string | undefined
}

export interface Sequencer {
  /** One round over all logs: index, verify, sign, publish. Gives the number of leaves that got their index. */
  tick(): Promise<number>
  stop(): Promise<void>
  health(): SequencerHealth
}

/** Logs that advance side by side in one process. */
const SIDE_BY_SIDE = 4
/** Batches of a log per round at most, so that one busy organisation does not keep the others waiting. */
const BATCHES = 20
/** A disagreement of the two implementations may be a flipped bit; the third in a row is not chance. */
const MISMATCHES = 3

/** Opens a sequencer that works when it is told to (`tick`). Any number may work on one database. */
export function openSequencer(options: SequencerOptions): Sequencer {
  const rounds = new Rounds(options)
  let running: Promise<number> | undefined
  return {
    tick: () => (running ??= rounds.run().finally(() => (running = undefined))),
    async stop() {
      await running?.catch(() => undefined)
    },
    health: () => rounds.health(),
  }
}

type Surveyed = LogRow & { readonly waiting: number }

/** What a sequencer remembers from round to round. Nothing of it is needed to go on after a crash. */
class Rounds {
  readonly #options: SequencerOptions
  readonly #sequencing: Promise<Sequencing>
  readonly #publications = new Map<string, Disk>()
  readonly #waitingSince = new Map<string, number>()
  readonly #refused = new Map<string, string>()
  readonly #unwritten = new Map<string, string>()
  readonly #mismatches = new Map<string, number>()
  #pending = 0
  #lastTickAt: string | undefined
  #lastTimestampAt: string | undefined

  constructor(options: SequencerOptions) {
    this.#options = options
    this.#sequencing = openRecount().then((recount) => ({
      database: options.database,
      recount,
      signer: this.#disk(openSigner(options.dataDir, options.exit)),
      publication: (org) => this.#publication(org),
      at: options.at ?? (() => undefined),
      ...(options.hash ? { hash: options.hash } : {}),
    }))
  }

  #disk(disk: Disk): Disk {
    return this.#options.disk?.(disk) ?? disk
  }

  #publication(org: string): Disk {
    const { dataDir, exit } = this.#options
    const disk = this.#publications.get(org) ?? this.#disk(openPublication(dataDir, org, exit))
    this.#publications.set(org, disk)
    return disk
  }

  /** Looks at all logs and advances each, some side by side. One that fails does not keep the others. */
  async run(): Promise<number> {
    const rows = await this.#survey()
    const queue = [...rows]
    const faults: unknown[] = []
    let total = 0
    const worker = async (): Promise<void> => {
      for (let row = queue.shift(); row; row = queue.shift())
        try {
          const done = await this.#advance(row)
          total += done
          if (done >= row.waiting) this.#waitingSince.delete(row.org)
        } catch (error) {
          faults.push(error)
        }
    }
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker))
    this.#pending = Math.max(0, rows.reduce((sum, row) => sum + row.waiting, 0) - total)
    this.#lastTickAt = new Date().toISOString()
    if (faults.length > 0) throw faults[0]
    return total
  }

  async #survey(): Promise<Surveyed[]> {
    const { rows, stamped } = await this.#options.database.tenant({ org: '', actor: 'system' }, async (tx) => ({
      rows: await surveyLogs(tx),
      stamped: await lastTimestamp(tx),
    }))
    this.#lastTimestampAt = stamped ?? undefined
    for (const { org, waiting } of rows)
      if (waiting === 0) this.#waitingSince.delete(org)
      else if (!this.#waitingSince.has(org)) this.#waitingSince.set(org, performance.now())
    return rows
  }

  async #advance(row: Surveyed): Promise<number> {
    const { org } = row
    if (row.frozen !== null) {
      this.#refused.set(org, row.frozen)
      return 0
    }
    const s = await this.#sequencing
    let total = 0
    try {
      for (let batch = 0, more = row.waiting > 0; batch < BATCHES && more; batch++) {
        const done = await sequence(s, org)
        total += done ?? 0
        more = done === BATCH
      }
      if (total > 0) this.#mismatches.delete(org)
      if (total > 0 || row.size > row.signed_size) await sign(s, org)
      await publish(s, org)
      if (!this.#mismatches.has(org)) this.#refused.delete(org)
      this.#unwritten.delete(org)
    } catch (error) {
      if (!(error instanceof Refused && error.code.startsWith('LEDGER_'))) throw error
      await this.#refuse(org, error)
    }
    return total
  }

  /** Says why a log does not go on, and closes it to signing when trying again cannot help. */
  async #refuse(org: string, error: Refused): Promise<void> {
    const reasons = error.code === 'LEDGER_UNWRITTEN' ? this.#unwritten : this.#refused
    const isNew = reasons.get(org) !== error.message // five rounds a second would fill the log, and the disk with it
    reasons.set(org, error.message)
    if (isNew) this.#options.log.error({ org, code: error.code, reason: error.message }, 'ledger does not go on')
    if (reasons === this.#unwritten) return
    const count = (this.#mismatches.get(org) ?? 0) + 1
    if (error.code === 'LEDGER_MISMATCH') this.#mismatches.set(org, count)
    const hopeless = ['LEDGER_FORK', 'LEDGER_SIGNER_MEMORY'].includes(error.code)
    if (!hopeless && !(error.code === 'LEDGER_MISMATCH' && count >= MISMATCHES)) return
    await this.#options.database.tenant({ org, actor: 'system' }, (tx) => freezeLog(tx, org, error.message))
  }

  health(): SequencerHealth {
    const since = [...this.#waitingSince.values()]
    const words = (reasons: ReadonlyMap<string, string>): string | undefined =>
      reasons.size === 0 ? undefined : [...reasons].map(([org, why]) => `${org}: ${why}`).join('; ')
    return {
      pending: this.#pending,
      lagMs: since.length === 0 ? 0 : Math.round(performance.now() - Math.min(...since)),
      lastTickAt: this.#lastTickAt,
      refused: words(this.#refused),
      unwritten: words(this.#unwritten),
      lastTimestampAt: this.#lastTimestampAt,
    }
  }
}

/** Opens a sequencer and lets it work, round after round, until it is stopped. */
export function startSequencer(options: SequencerOptions): Sequencer {
  const sequencer = openSequencer(options)
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let told: string | undefined
  const turn = async (): Promise<void> => {
    try {
      await sequencer.tick()
      told = undefined
    } catch (error) {
      // The database may be restarting; the lag shows in the health until a round goes through.
      if (String(error) !== told)
        options.log.error({ error: error instanceof Error ? error.stack : String(error) }, 'sequencer round failed')
      told = String(error)
    }
    if (!stopped) timer = setTimeout(() => void turn(), options.intervalMs ?? 200)
  }
  void turn()
  return {
    ...sequencer,
    async stop() {
      stopped = true
      clearTimeout(timer)
      await sequencer.stop()
    },
  }
}
