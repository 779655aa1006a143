// SPDX-License-Identifier: Apache-2.0
import type { SqlPlace } from '../../../lib/postgres-reader.ts'
import { connector, type Identity, type Io, type Need, type ProbeResult } from '../../connector.ts'
import { HBA, LOGIN, OTHER, PASSWORDS, placeOf, rowsOf, serverName, SETTINGS, sqlConfig, versionOf } from './server.ts'
import { accessRules, roles, serverStream, settings } from './streams.ts'

export const postgresql = connector<SqlPlace>({
  id: 'postgresql',
  version: '1.0.0',
  title: 'PostgreSQL',
  says: 'Reads roles, settings, encryption, logging and access rules of a PostgreSQL 12 to 18, in one read-only snapshot.',
  config: sqlConfig,
  fields: [
    {
      name: 'server',
      label: 'Server',
      help: 'Assay’s own database needs nothing else: a first connection that always works.',
      input: 'choice',
      required: true,
      options: [
        { value: 'other', label: 'A server of yours' },
        { value: 'own', label: 'Assay’s own database' },
      ],
    },
    {
      name: 'host',
      label: 'Host',
      help: 'Name, address, or the absolute path of a socket folder.',
      input: 'text',
      required: true,
      placeholder: 'db.example.com',
      when: OTHER,
    },
    { name: 'port', label: 'Port', help: '', input: 'number', required: false, placeholder: '5432', when: OTHER },
    {
      name: 'database',
      label: 'Database',
      help: 'Any database of the server; settings and roles are the same in all.',
      input: 'text',
      required: false,
      placeholder: 'postgres',
      when: OTHER,
    },
    {
      name: 'user',
      label: 'Role',
      help: 'A role of its own: create role assay_reader login password ‘…’; grant pg_read_all_settings to assay_reader.',
      input: 'text',
      required: true,
      placeholder: 'assay_reader',
      when: OTHER,
    },
    {
      name: 'password',
      label: 'Password',
      help: 'Kept sealed; can only be replaced.',
      input: 'secret',
      required: false,
      when: OTHER,
    },
    {
      name: 'tls',
      label: 'Encryption',
      help: 'How the connection is protected.',
      input: 'choice',
      required: false,
      options: [
        { value: 'verify-full', label: 'TLS, server’s certificate checked' },
        { value: 'require', label: 'TLS, any certificate' },
        { value: 'disable', label: 'No TLS' },
      ],
      when: OTHER,
    },
    {
      name: 'ca',
      label: 'CA certificate',
      help: 'PEM; empty for the authorities that the system trusts.',
      input: 'lines',
      required: false,
      placeholder: '-----BEGIN CERTIFICATE-----',
      when: OTHER,
    },
  ],
  place: placeOf,
  egress(cfg) {
    const place = placeOf(cfg)
    if (place.own) return ['Assay’s own database']
    return [place.host.startsWith('/') ? `the socket in ${place.host}` : `PostgreSQL at ${place.host}:${place.port}`]
  },
  async identify(io): Promise<Identity> {
    const { name } = await versionOf(io)
    const [row] = rowsOf(
      await io.source.query('select system_identifier as id from pg_control_system()', { name: 'identity.json' }),
    )
    return {
      id: row?.['id'] ?? serverName(io.cfg),
      name: serverName(io.cfg),
      tool: { name: 'PostgreSQL', version: name },
    }
  },
  probe,
  streams: [accessRules, roles, serverStream, settings],
})

/** Asks the server what the role may do; each question is one the server answers without doing anything. */
async function probe(io: Io<SqlPlace>): Promise<readonly ProbeResult[]> {
  const { name } = await versionOf(io)
  const [row] = rowsOf(
    await io.source.query(
      `select current_user as me, rolsuper as super, rolcreaterole or rolcreatedb or rolreplication or rolbypassrls as strong,
         pg_has_role(current_user, 'pg_read_all_settings', 'usage') as settings,
         has_table_privilege('pg_hba_file_rules', 'select') and has_function_privilege('pg_hba_file_rules()', 'execute') as hba,
         has_column_privilege('pg_authid', 'rolpassword', 'select') as passwords,
         (select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
           where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
             and has_table_privilege(c.oid, 'insert, update, delete, truncate')) as writable
       from pg_roles where rolname = current_user`,
      { name: 'rights.json' },
    ),
  )
  const is = (column: string): boolean => row?.[column] === 't'
  const me = row?.['me'] ?? 'the role'
  const writable = Number(row?.['writable'] ?? 0)
  const result = (need: Need, granted: boolean, missing = need.what): ProbeResult =>
    granted
      ? { need: need.id, state: 'granted', because: need.why }
      : { need: need.id, state: 'denied', because: `${me} lacks it: ${missing}` }
  const login: ProbeResult = is('super')
    ? { need: LOGIN.id, state: 'excess', because: `${me} is a superuser; reading needs a plain role of its own` }
    : is('strong') || writable > 0
      ? {
          need: LOGIN.id,
          state: 'excess',
          because: `${me} may do more than read: ${writable > 0 ? `it can write ${writable} tables` : 'it can make roles or databases, replicate, or pass row security'}`,
        }
      : { need: LOGIN.id, state: 'granted', because: `${me} on PostgreSQL ${name}` }
  return [login, result(SETTINGS, is('settings')), result(HBA, is('hba')), result(PASSWORDS, is('passwords'))]
}
