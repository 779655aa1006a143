// SPDX-License-Identifier: Apache-2.0
import { CsvError } from 'csv-parse'
import { parse } from 'csv-parse/sync'
import { plainText, refuseFile } from '../import.ts'
import { kinds } from '../kinds/registry.ts'
import { fieldsOf } from './cells.ts'

/** The start of a table of text. */
export interface TableHead {
  readonly delimiter: Delimiter
  readonly headers: readonly string[]
  /** A few records as they stand. */
  readonly rows: readonly (readonly string[])[]
}

const DELIMITERS = [',', ';', '\t', '|'] as const
export type Delimiter = (typeof DELIMITERS)[number]
const PREVIEWED = 5

/** The delimiter of a table: the one that divides its first record most, quoted text left aside. */
export function delimiterOf(head: Buffer): Delimiter {
  let best: Delimiter = ','
  let most = 0
  for (const delimiter of DELIMITERS) {
    const n = firstRecord(head).split(delimiter).length
    if (n > most) [best, most] = [delimiter, n]
  }
  return best
}

/** The first record that is not blank, without its quoted parts. */
function firstRecord(head: Buffer): string {
  const text = head.toString('utf8').replaceAll(/"(?:[^"]|"")*"/g, '""')
  return text.split(/\r?\n/).find((line) => line.trim() !== '') ?? ''
}

/** Reads the headers and the first records. @throws Refused FILE_MALFORMED */
export function readTableHead(head: Buffer): TableHead {
  const delimiter = delimiterOf(head)
  try {
    const [headers = [], ...rows] = parse(head, {
      delimiter,
      to: PREVIEWED + 1,
      relax_column_count: true,
      skip_empty_lines: true,
    }) as string[][]
    return { delimiter, headers: headers.map((header) => header.trim()), rows }
  } catch (error) {
    if (error instanceof CsvError)
      throw refuseFile('FILE_MALFORMED', `expected a table: ${plainText(error.message, 200)}`)
    throw error
  }
}

/** How well the columns of a table fit a kind. */
export interface Suggestion {
  readonly kind: string
  /** Field -> header. */
  readonly columns: Readonly<Record<string, string>>
  /** Fields that must have a value and found no column; a constant may serve. */
  readonly missing: readonly string[]
}

const words = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, ' ')
    .trim()

/** Other names that tables give to our fields. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  account: [
    'account uid',
    'account id',
    'subscription id',
    'username',
    'user name',
    'login',
    'user',
    'account name',
    'user id',
  ],
  at: ['timestamp', 'created at', 'date', 'time', 'scanned at'],
  by: ['tested by', 'tester', 'performed by'],
  completed_at: ['completion date', 'completed', 'completed on', 'date completed', 'finished at'],
  course: ['course name', 'training', 'module', 'campaign'],
  created_at: ['created', 'created on', 'creation date', 'creation time'],
  disabled_at: ['disabled on', 'deactivated at', 'suspended at'],
  disk_encrypted: ['encrypted', 'filevault', 'bitlocker', 'disk encryption', 'encryption'],
  email: ['e mail', 'mail', 'email address', 'user email', 'work email', 'primary email'],
  ended_on: ['end date', 'termination date', 'leave date', 'last day', 'terminated on'],
  expires_on: ['expiry', 'expires', 'expiration date', 'valid until'],
  id: ['employee id', 'person id', 'worker id', 'serial', 'serial number', 'device id', 'staff number'],
  is_admin: ['admin', 'administrator', 'superuser', 'is superuser', 'privileged'],
  job: ['job name', 'backup', 'job id'],
  last_seen: ['last check in', 'last contact', 'last seen at'],
  last_sign_in: ['last login', 'last sign in time', 'last active', 'last login at', 'last seen'],
  mfa: ['2fa', 'two factor', 'mfa enabled', '2 step verification', 'is enrolled in 2sv', '2fa enabled'],
  name: ['full name', 'display name', 'employee', 'employee name', 'person'],
  os_version: ['os', 'operating system', 'version'],
  owner_email: ['owner', 'assigned to', 'user', 'user email', 'email'],
  person: ['email', 'name', 'employee', 'user', 'learner'],
  platform: ['os', 'operating system', 'device type', 'model'],
  region: ['resource region'],
  resource: ['resource uid', 'resource id', 'resource external id', 'resource name', 'arn'],
  resource_type: ['type'],
  rule: ['check id', 'control id', 'rule id', 'policy id'],
  scanner: ['tool', 'product', 'provider'],
  screen_lock: ['screen lock enabled', 'auto lock', 'screensaver'],
  started_on: ['start date', 'hire date', 'joined', 'joining date'],
  status: ['state', 'account status', 'active'],
  store: ['database', 'data store', 'system', 'source'],
  system: ['application', 'app', 'service'],
  tested_at: ['date', 'tested on', 'test date', 'restore date'],
  title: ['check title', 'job title', 'position', 'role', 'name'],
  type: ['employment type', 'worker type', 'employee type'],
}

/** The kinds that a table may be, best first, each with the columns that its headers suggest. */
export function suggestMappings(headers: readonly string[]): Suggestion[] {
  const byWords = new Map(headers.map((header) => [words(header), header]))
  return kinds
    .filter((kind) => kind.id !== 'document')
    .map((kind) => {
      const columns: Record<string, string> = {}
      const fields = fieldsOf(kind)
      for (const { name } of fields) {
        const names = [words(name), ...(ALIASES[name] ?? [])]
        const header = names
          .map((candidate) => byWords.get(candidate))
          .find((found) => found !== undefined && !Object.values(columns).includes(found))
        if (header !== undefined) columns[name] = header
      }
      const missing = fields
        .filter(({ name, nullable }) => !nullable && columns[name] === undefined)
        .map(({ name }) => name)
      return { kind: kind.id, columns, missing, fit: Object.keys(columns).length / fields.length }
    })
    .filter(({ fit }) => fit >= 0.3)
    .toSorted((a, b) => b.fit - a.fit)
    .slice(0, 5)
    .map(({ kind, columns, missing }) => ({ kind, columns, missing }))
}
