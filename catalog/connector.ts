// SPDX-License-Identifier: Apache-2.0
import type { z } from 'zod'
import type { GitPlace, GitSource } from '../lib/git-process.ts'
import type { SqlPlace, SqlSource } from '../lib/postgres-reader.ts'
import type { Answer } from '../lib/recorder.ts'
import type { Instant } from '../lib/time.ts'
import type { Census } from './collected.ts'
import type { Kind } from './kind.ts'

/**
 * A connector: data and pure functions that say how a system is read. The runtime (features/connections) owns
 * processes, sockets, time, secrets, limits, retries and recording; a connector gets a source to ask, and nothing else.
 */
export interface Connector<P extends Place = Place> {
  /** Name of its folder. */
  readonly id: string
  /** Raised when what it asks or how it normalises changes; part of every evidence. */
  readonly version: string
  readonly title: string
  /** One sentence for people: what it reads and why one would connect it. */
  readonly says: string
  /** The settings of a connection. Everything here may be shown; secrets are apart. */
  readonly config: z.ZodObject
  /** How a form asks for settings and secrets, in order. */
  readonly fields: readonly Field[]
  /** Where a configuration leads: what is reached, and by which transport. Config was parsed by `config`. */
  place(cfg: Config): Place
  /** Systems a connection reaches, for people: `PostgreSQL at db.example.com:5432`. */
  egress(cfg: Config): readonly string[]
  /** Who is at the other end: a stable id, stored with every run. */
  identify(io: Io<P>): Promise<Identity>
  /** Asks for each need of each stream once. Never changes anything at the source. */
  probe(io: Io<P>): Promise<readonly ProbeResult[]>
  readonly streams: readonly Stream<P>[]
}

export type Config = Readonly<Record<string, unknown>>

/** Where a source is. The transport follows from it. */
export type Place = GitPlace | SqlPlace
/** What a connector asks, by the place it names. */
export type SourceOf<P extends Place> = P extends GitPlace ? GitSource : SqlSource

/** All that a connector can touch. */
export interface Io<P extends Place = Place> {
  readonly cfg: Config
  /** Each question and answer is recorded as a capture. */
  readonly source: SourceOf<P>
}

/** One list of subjects at the source, all of one kind. */
export interface Stream<P extends Place = Place> {
  readonly name: string
  /** What it holds, for people. */
  readonly says: string
  readonly kind: Kind
  readonly needs: readonly Need[]
  /**
   * Reads the list page by page. Ends with what it knows about its own completeness.
   * @throws SourceTrouble when the source cannot be read; the pages until then count as a partial reading
   */
  read(io: Io<P>, at: ReadAt): AsyncGenerator<Page, End>
  /** How many there should be, by a method other than `read`. Asked after the last page. */
  census?(io: Io<P>, at: ReadAt, end: End): Promise<Census | undefined>
  /** Makes rows from the recorded answers. Pure: the same bytes give the same rows, years later. */
  normalise(page: Page, about: About): Normalised
}

/** What a permission or feature is for. */
export interface Need {
  readonly id: string
  /** Asked for only when a field of the settings has one of these values. */
  readonly when?: Field['when']
  /** What to have or grant, as the system calls it: `pg_read_all_settings`. */
  readonly what: string
  /** Why Assay asks for it; what is missing without it. */
  readonly why: string
}

export interface ProbeResult {
  /** `Need.id`. */
  readonly need: string
  /** `excess`: the credential may do more than reading needs, which is itself a weakness. */
  readonly state: 'granted' | 'denied' | 'excess' | 'unsupported' | 'unreachable'
  /** What was seen, and what to do about it. */
  readonly because: string
}

export interface Identity {
  /** The source's own immutable id. */
  readonly id: string
  readonly name: string
  /** Product and version at the other end. */
  readonly tool: { readonly name: string; readonly version: string }
}

/** The part of time to read, and where the last complete reading came to. */
export interface ReadAt {
  readonly from: Instant
  readonly to: Instant
  /** What `End.cursor` of the last complete reading said. */
  readonly cursor: Cursor | undefined
}

export type Cursor = Readonly<Record<string, string | number>>

/** Answers that belong together; an answer may be on several pages. */
export interface Page {
  readonly answers: readonly Answer[]
  /** Names of subjects that the source listed and this page should hold. */
  readonly listed?: readonly string[]
}

export interface End {
  /** `undefined` when the source said "no more"; otherwise why the reading is known to be incomplete. */
  readonly partial?: string
  readonly cursor?: Cursor
  /** Event streams: the part of time that the rows cover. */
  readonly window?: { readonly from: Instant; readonly to: Instant }
  readonly remarks: readonly string[]
}

/** What a normaliser may know besides the bytes. */
export interface About {
  readonly cfg: Config
}

export interface Normalised {
  readonly rows: readonly {
    readonly body: Readonly<Record<string, unknown>>
    /** `Answer.n` of the capture it was made from. */
    readonly capture: number
    /** Where in the capture. */
    readonly pointer: string
  }[]
  readonly unreachable: readonly { readonly subject: string; readonly because: string }[]
}

/** How a form asks for one setting or secret. */
export interface Field {
  readonly name: string
  readonly label: string
  readonly help: string
  readonly input: 'text' | 'number' | 'choice' | 'lines' | 'secret' | 'secret-lines'
  readonly required: boolean
  readonly options?: readonly { readonly value: string; readonly label: string }[]
  readonly placeholder?: string
  /** Shown only when another field has one of these values. */
  readonly when?: { readonly field: string; readonly is: readonly string[] }
}

export const connector = <P extends Place>(definition: Connector<P>): Connector<P> => definition

/** The names of the secrets a connector takes. */
export const secretNames = (of: Pick<Connector, 'fields'>): string[] =>
  of.fields.filter((field) => field.input === 'secret' || field.input === 'secret-lines').map((field) => field.name)
