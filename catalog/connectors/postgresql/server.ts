// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import type { SqlPlace } from '../../../lib/postgres-reader.ts'
import type { Answer } from '../../../lib/recorder.ts'
import { SourceTrouble } from '../../../lib/trouble.ts'
import type { Census } from '../../collected.ts'
import type { Config, Io, Need } from '../../connector.ts'

const server = z.strictObject({
  server: z.literal('other'),
  host: z
    .string()
    .trim()
    .min(1)
    .max(255)
    .regex(
      /^(\/[^\p{Cc}]*|[A-Za-z0-9][\w.-]*|[0-9a-fA-F:.]+)$/u,
      'expected a host name, an address, or a socket folder',
    ),
  port: z.coerce.number().int().min(1).max(65535).default(5432),
  database: z.string().trim().min(1).max(63).default('postgres'),
  user: z.string().trim().min(1).max(63),
  tls: z.enum(['verify-full', 'require', 'disable']).default('verify-full'),
  ca: z
    .string()
    .max(100_000)
    .regex(/^$|-----BEGIN CERTIFICATE-----/, 'expected certificates in PEM')
    .default(''),
})

const every = z.strictObject({
  server: z.enum(['own', 'other']).default('other'),
  ...z.object(server.shape).omit({ server: true }).partial().shape,
})

/** One object for the form; another server needs its host and user. */
export const sqlConfig = every.superRefine((cfg, issues) => {
  if (cfg.server === 'own') return
  for (const name of ['host', 'user'] as const)
    if (cfg[name] === undefined)
      issues.addIssue({ code: 'custom', path: [name], message: 'expected a value for another server' })
})

export function placeOf(cfg: Config): SqlPlace {
  const known = every.parse(cfg)
  if (known.server === 'own') return { type: 'sql', own: true }
  const { host, port, database, user, tls, ca } = server.parse(known)
  return { type: 'sql', own: false, host, port, database, user, tls, ca }
}

/** What rows call the server. */
export function serverName(cfg: Config): string {
  const place = placeOf(cfg)
  return place.own ? 'assay' : `${place.host}:${place.port}`
}

/** Assay's own database grants what is needed by itself. */
export const OTHER = { field: 'server', is: ['other'] } as const

export const LOGIN: Need = {
  id: 'login',
  when: OTHER,
  what: 'A role of its own that may log in, such as: create role assay_reader login',
  why: 'Everything is read as this role; one of its own shows in the server’s log who read.',
}
export const SETTINGS: Need = {
  id: 'pg_read_all_settings',
  when: OTHER,
  what: 'grant pg_read_all_settings to the role',
  why: 'Without it PostgreSQL hides settings such as the list of loaded libraries; the reading stays partial.',
}
export const HBA: Need = {
  id: 'pg_hba_file_rules',
  when: OTHER,
  what: 'grant select on pg_hba_file_rules, and execute on function pg_hba_file_rules(), to the role (in this database)',
  why: 'These are the rules by which the server lets people in, and by which method they prove who they are.',
}
export const PASSWORDS: Need = {
  id: 'pg_authid',
  when: OTHER,
  what: 'grant select (rolname, rolpassword) on pg_authid to the role; optional',
  why: 'Tells whether passwords are kept as SCRAM or MD5. Only the kind leaves the server, never the password’s hash.',
}

export const rowsOf = (answer: Answer | undefined): Readonly<Record<string, string | null>>[] =>
  answer === undefined || answer.bytes.length === 0
    ? []
    : z.array(z.record(z.string(), z.string().nullable())).parse(JSON.parse(answer.bytes.toString('utf8')))

export const OLDEST = 120_000

/** Version of the server. @throws SourceTrouble unsupported when it is older than we can read */
export async function versionOf(io: Io<SqlPlace>): Promise<{ name: string; number: number; answer: Answer }> {
  const answer = await io.source.query(
    `select current_setting('server_version') as name, current_setting('server_version_num') as number`,
    { name: 'version.json' },
  )
  const [row] = rowsOf(answer)
  const number = Number(row?.['number'])
  if (!Number.isInteger(number))
    throw new SourceTrouble('unsupported', 'the server does not say its version as PostgreSQL does')
  if (number < OLDEST)
    throw new SourceTrouble(
      'unsupported',
      `expected PostgreSQL 12 or newer, got ${row?.['name'] ?? number}: versions that old get no security fixes`,
    )
  return { name: row?.['name'] ?? String(number), number, answer }
}

/** A census by `count(*)` in the same snapshot. */
export async function countOf(io: Io<SqlPlace>, from: string): Promise<Census> {
  const sql = `select count(*) as n from ${from}`
  const [row] = rowsOf(await io.source.query(sql, { name: 'census.json' }))
  return { n: Number(row?.['n']), exact: 'exact', how: `${sql}, in the same snapshot` }
}
