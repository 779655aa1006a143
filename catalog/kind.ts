// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'

/**
 * A kind is the closed shape of one sort of fact: what every source that knows about, say, database roles must say.
 * One check then serves every source. Rows are plain JSON; moments are `instant()`, days `day()`.
 */
export interface Kind<S extends z.ZodObject = z.ZodObject> {
  /** Lower-case words joined by hyphens: `database-role`. */
  readonly id: string
  /** Raised when the shape changes; stored with each fact. */
  readonly version: number
  /** One sentence for people: what one fact of this kind states. */
  readonly says: string
  readonly schema: S
  /** Identity of the subject inside its source: the source's own immutable id, never an e-mail address or a name. */
  key(row: z.infer<S>): string
  /** What people call the subject. */
  label(row: z.infer<S>): string
  /** `state`: read whole each time, true until it differs. `event`: happened once, at the field `at`. */
  readonly reading: { readonly type: 'state' } | { readonly type: 'event'; readonly at: keyof z.infer<S> & string }
  /**
   * Fields that say only when the source looked, not what was so. A fact that differs in nothing else is the same fact
   * and keeps the value of the reading that first told it; a check asks the collection when it was last confirmed.
   */
  readonly volatile?: readonly (keyof z.infer<S> & string)[]
  /**
   * Field that says of which part of the whole a fact is: the rule of a scanner's finding. A scan without a part that the
   * one before had is itself a part.
   */
  readonly part?: keyof z.infer<S> & string
  /** Hours after which a reading no longer proves the present; a check may be stricter. */
  readonly fresh_hours: number
}

export const kind = <S extends z.ZodObject>(definition: Kind<S>): Kind<S> => definition

/** A moment, ISO 8601 UTC. Checks see it as a CEL `timestamp`. */
export const instant = () => z.iso.datetime({ offset: true }).meta({ cel: 'timestamp' })
/** A calendar day, `2026-03-03`. Checks see it as a CEL `timestamp` at midnight UTC. */
export const day = () => z.iso.date().meta({ cel: 'timestamp' })

export const SEVERITIES = ['critical', 'high', 'medium', 'low', 'informational'] as const

/** One key of several parts, such that different parts never give the same key: `db.example.org|app\|reader`. */
export const keyOfParts = (...parts: readonly (string | number | null)[]): string =>
  parts.map((part) => String(part ?? '').replaceAll(/[\\|]/g, (special) => '\\' + special)).join('|')
