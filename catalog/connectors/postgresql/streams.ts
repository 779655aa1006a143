// SPDX-License-Identifier: Apache-2.0
import type { SqlPlace } from '../../../lib/postgres-reader.ts'
import { SourceTrouble } from '../../../lib/trouble.ts'
import type { About, End, Io, Normalised, Page, Stream } from '../../connector.ts'
import { databaseAccessRule } from '../../kinds/database-access-rule.ts'
import { databaseRole } from '../../kinds/database-role.ts'
import { databaseServer } from '../../kinds/database-server.ts'
import { databaseSetting } from '../../kinds/database-setting.ts'
import { countOf, HBA, LOGIN, PASSWORDS, rowsOf, serverName, SETTINGS, versionOf } from './server.ts'

const yes = (text: string | null | undefined): boolean => text === 'on' || text === 't' || text === 'true'
const list = (text: string | null | undefined): string[] => (text ? (JSON.parse(text) as string[]) : [])

/** Whether the role sees all settings; without the right PostgreSQL leaves rows out and says nothing. */
async function seesAllSettings(io: Io<SqlPlace>): Promise<boolean> {
  const answer = await io.source.query(
    `select pg_has_role(current_user, 'pg_read_all_settings', 'usage') as sees_all`,
    { name: 'rights.json' },
  )
  return yes(rowsOf(answer)[0]?.['sees_all'])
}

const HIDDEN = `the role lacks pg_read_all_settings, so PostgreSQL hides some settings; ${SETTINGS.what}`

const SERVER_SETTINGS = [
  ...['ssl', 'ssl_min_protocol_version', 'password_encryption', 'log_connections', 'log_disconnections'],
  ...['log_statement', 'data_checksums', 'wal_level', 'archive_mode', 'listen_addresses', 'shared_preload_libraries'],
]

export const serverStream: Stream<SqlPlace> = {
  name: 'server',
  says: 'Version, encryption, logging and archiving of the server',
  kind: databaseServer,
  needs: [LOGIN, SETTINGS],
  async *read(io): AsyncGenerator<Page, End> {
    const { answer: version } = await versionOf(io)
    const settings = await io.source.query(
      `select name, reset_val as value from pg_settings where name in (${SERVER_SETTINGS.map((s) => `'${s}'`).join(', ')}) order by name`,
      { name: 'settings.json' },
    )
    const state = await io.source.query(
      `select pg_is_in_recovery() as in_recovery, (select coalesce(json_agg(extname order by extname), '[]') from pg_extension) as extensions`,
      { name: 'state.json' },
    )
    const seen = new Set(rowsOf(settings).map((row) => row['name']))
    const hidden = SERVER_SETTINGS.filter((name) => !seen.has(name))
    if (hidden.length > 0 && !(await seesAllSettings(io)))
      throw new SourceTrouble('denied', `${hidden.join(', ')} cannot be seen: ${HIDDEN}`, { need: SETTINGS.id })
    yield { answers: [version, settings, state] }
    return { remarks: [] }
  },
  census: async () => ({ n: 1, exact: 'exact', how: 'one server answers a connection' }),
  normalise({ answers: [version, settings, state] }: Page, { cfg }: About): Normalised {
    const [about] = rowsOf(version)
    const [now] = rowsOf(state)
    if (!about || !now || !settings) return { rows: [], unreachable: [] }
    const values = new Map(rowsOf(settings).map((row) => [row['name'], row['value']]))
    const of = (name: string): string | undefined => values.get(name) ?? undefined
    const body = {
      server: serverName(cfg),
      version: about['name'],
      version_number: Number(about['number']),
      in_recovery: yes(now['in_recovery']),
      ssl: yes(of('ssl')),
      ssl_min_protocol: of('ssl_min_protocol_version') || null,
      password_encryption: of('password_encryption'),
      // Since PostgreSQL 18 a list of what is logged; empty when nothing is.
      log_connections: logs(of('log_connections')),
      log_disconnections: yes(of('log_disconnections')),
      log_statement: of('log_statement'),
      data_checksums: yes(of('data_checksums')),
      wal_level: of('wal_level'),
      archive_mode: of('archive_mode'),
      listen_addresses: of('listen_addresses'),
      shared_preload_libraries: (of('shared_preload_libraries') ?? '')
        .split(',')
        .map((name) => name.trim().replaceAll('"', ''))
        .filter((name) => name !== ''),
      extensions: list(now['extensions']),
    }
    return { rows: [{ capture: settings.n, pointer: '', body }], unreachable: [] }
  },
}

const logs = (value: string | undefined): boolean => !['', 'off', 'false', 'no', '0'].includes(value ?? '')

export const roles: Stream<SqlPlace> = {
  name: 'roles',
  says: 'Who may log in and what they may do',
  kind: databaseRole,
  needs: [LOGIN, PASSWORDS],
  async *read(io): AsyncGenerator<Page, End> {
    await versionOf(io)
    const answer = await io.source.query(
      `select r.rolname as name, r.oid, r.rolcanlogin as can_login, r.rolsuper as superuser, r.rolcreaterole as create_role,
         r.rolcreatedb as create_db, r.rolreplication as replication, r.rolbypassrls as bypass_rls,
         r.rolconnlimit as connection_limit,
         case when isfinite(r.rolvaliduntil) then to_char(r.rolvaliduntil at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') end as valid_until,
         (select coalesce(json_agg(g.rolname order by g.rolname), '[]') from pg_auth_members m
           join pg_roles g on g.oid = m.roleid where m.member = r.oid) as member_of
       from pg_roles r order by r.rolname`,
      { name: 'roles.json' },
    )
    const passwords = await passwordKinds(io)
    yield { answers: passwords ? [answer, passwords] : [answer] }
    return {
      remarks: passwords ? [] : [`How passwords are kept is not known: ${PASSWORDS.what.replace('; optional', '')}.`],
    }
  },
  census: (io) => countOf(io, 'pg_roles'),
  normalise({ answers: [answer, passwords] }: Page, { cfg }: About): Normalised {
    const kinds = new Map(rowsOf(passwords).map((row) => [row['name'], row['kind']]))
    return {
      unreachable: [],
      rows: rowsOf(answer).map((row, n) => ({
        capture: answer?.n ?? 0,
        pointer: `/${n}`,
        body: {
          server: serverName(cfg),
          name: row['name'],
          can_login: yes(row['can_login']),
          superuser: yes(row['superuser']),
          create_role: yes(row['create_role']),
          create_db: yes(row['create_db']),
          replication: yes(row['replication']),
          bypass_rls: yes(row['bypass_rls']),
          member_of: list(row['member_of']),
          valid_until: row['valid_until'],
          connection_limit: Number(row['connection_limit']),
          password_kind: kinds.get(row['name'] ?? '') ?? 'unknown',
        },
      })),
    }
  },
}

/** The kind of each password, named by the server itself: hashes never travel. */
async function passwordKinds(io: Io<SqlPlace>) {
  const may = await io.source.query(
    `select has_column_privilege('pg_authid', 'rolpassword', 'select') and has_column_privilege('pg_authid', 'rolname', 'select') as may`,
    { name: 'rights.json' },
  )
  if (!yes(rowsOf(may)[0]?.['may'])) return undefined
  return await io.source.query(
    `select rolname as name, case when rolpassword is null then 'none' when rolpassword like 'SCRAM-SHA-256$%' then 'scram-sha-256'
       when rolpassword like 'md5%' then 'md5' else 'unknown' end as kind from pg_authid order by rolname`,
    { name: 'passwords.json' },
  )
}

/** Settings whose values may hold passwords, and those that only tell about our own session. */
const SECRET = `(primary_conninfo|.*(passphrase|password|secret|token|apikey|api_key|private_key)(_command)?|archive_command|restore_command)`
const SESSION = `(transaction_.*|application_name|client_encoding|session_authorization|role|is_superuser|in_hot_standby|seed)`
const FROM_SETTINGS = `pg_settings where name !~ '^${SESSION}$'`

export const settings: Stream<SqlPlace> = {
  name: 'settings',
  says: 'Every setting in force and where it comes from',
  kind: databaseSetting,
  needs: [LOGIN, SETTINGS],
  async *read(io): AsyncGenerator<Page, End> {
    await versionOf(io)
    // reset_val, because our own session has changed some (time limits, search path) for itself.
    const answer = await io.source.query(
      `select name, case when name ~ '^${SECRET}$' and name <> 'password_encryption' and coalesce(reset_val, '') <> '' then '(hidden)' else reset_val end as value,
         unit, case when source in ('session', 'client') then 'server' else source end as source, pending_restart
       from ${FROM_SETTINGS} order by name`,
      { name: 'settings.json' },
    )
    yield { answers: [answer] }
    return { remarks: [], ...((await seesAllSettings(io)) ? {} : { partial: HIDDEN }) }
  },
  census: (io) => countOf(io, FROM_SETTINGS),
  normalise: ({ answers: [answer] }: Page, { cfg }: About): Normalised => ({
    unreachable: [],
    rows: rowsOf(answer).map((row, n) => ({
      capture: answer?.n ?? 0,
      pointer: `/${n}`,
      body: {
        server: serverName(cfg),
        name: row['name'],
        value: row['value'] ?? '',
        unit: row['unit'],
        source: row['source'],
        pending_restart: yes(row['pending_restart']),
      },
    })),
  }),
}

export const accessRules: Stream<SqlPlace> = {
  name: 'access-rules',
  says: 'The lines of pg_hba.conf: who is let in from where, by which proof',
  kind: databaseAccessRule,
  needs: [LOGIN, HBA],
  async *read(io): AsyncGenerator<Page, End> {
    await versionOf(io)
    const answer = await io.source.query(
      `select line_number as line, type, to_json(database) as databases, to_json(user_name) as users, address, netmask,
         auth_method as method, error from pg_hba_file_rules order by line_number`,
      { name: 'access-rules.json', need: HBA.id },
    )
    yield { answers: [answer] }
    return { remarks: [] }
  },
  census: (io) => countOf(io, 'pg_hba_file_rules'),
  normalise: ({ answers: [answer] }: Page, { cfg }: About): Normalised => ({
    unreachable: [],
    rows: rowsOf(answer).map((row, n) => ({
      capture: answer?.n ?? 0,
      pointer: `/${n}`,
      body: {
        server: serverName(cfg),
        line: Number(row['line']),
        type: row['type'] ?? 'unreadable',
        databases: list(row['databases']),
        users: list(row['users']),
        address: row['address'] && row['netmask'] ? `${row['address']} ${row['netmask']}` : (row['address'] ?? null),
        method: row['method'] ?? 'unreadable',
        error: row['error'],
      },
    })),
  }),
}
