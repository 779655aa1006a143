// SPDX-License-Identifier: Apache-2.0
import { hash, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { TLSSocket } from 'node:tls'
import pg from 'pg'
import { canonicalJson } from '../proof/canonical-json.ts'
import { checkedAddress, type EgressRule, type Resolve } from './egress.ts'
import type { Answer, Recorder } from './recorder.ts'
import { SourceTrouble } from './trouble.ts'

/** A PostgreSQL server: one somewhere, or the one Assay itself keeps its records in. */
export type SqlPlace =
  | { readonly type: 'sql'; readonly own: true }
  | {
      readonly type: 'sql'
      readonly own: false
      /** A name, an address, or the absolute path of a socket folder. */
      readonly host: string
      readonly port: number
      readonly database: string
      readonly user: string
      /** `verify-full`: encrypted, by the named server; `require`: encrypted, by whoever answers; `disable`: plain. */
      readonly tls: 'verify-full' | 'require' | 'disable'
      /** Certificates (PEM) to trust instead of the system's; empty for the system's. */
      readonly ca: string
    }

export interface SqlSource {
  /**
   * Runs one `select` inside the run's only transaction, so that all answers are of one moment. The answer's bytes are
   * canonical JSON: an array of rows, each an object of texts and nulls.
   * @throws SourceTrouble denied (the grant is missing), timeout, too-large, broken
   */
  query(text: string, options: { readonly name: string; readonly need?: string }): Promise<Answer>
  readonly facts: Readonly<Record<string, string | number | boolean>>
  close(): Promise<void>
}

export interface SqlLimits {
  readonly connect_ms: number
  readonly statement_ms: number
  readonly answer_bytes: number
}

export const SQL_LIMITS: SqlLimits = { connect_ms: 15_000, statement_ms: 30_000, answer_bytes: 64 * 1024 * 1024 }

export interface SqlOptions {
  /** How Assay's own database is reached for reading about it. */
  readonly own: pg.PoolConfig
  readonly egress: EgressRule
  readonly recorder: Recorder
  readonly secrets: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  readonly limits?: SqlLimits
  readonly resolve?: Resolve
}

const RAW = { getTypeParser: () => (text: string | Buffer) => (typeof text === 'string' ? text : text.toString('hex')) }

/** Connects and opens the one read-only snapshot of the run. @throws SourceTrouble */
export async function openSql(place: SqlPlace, options: SqlOptions): Promise<SqlSource> {
  const limits = options.limits ?? SQL_LIMITS
  const { config, facts } = await connectionOf(place, options)
  const client = new pg.Client({
    ...config,
    types: RAW as unknown as pg.CustomTypesConfig, // values stay the texts the server sent
    connectionTimeoutMillis: limits.connect_ms,
    query_timeout: limits.statement_ms + 5000,
    keepAlive: true,
  })
  // A connection that breaks between two questions is told by the next one.
  client.on('error', () => undefined)
  const aborted = (): void => void client.end().catch(() => undefined)
  options.signal.addEventListener('abort', aborted)
  const close = async (): Promise<void> => {
    options.signal.removeEventListener('abort', aborted)
    await Promise.race([client.end(), new Promise((done) => setTimeout(done, 2000).unref())])
  }
  try {
    await client.connect()
    await client.query('begin isolation level repeatable read read only')
    await client.query(`set local statement_timeout = ${limits.statement_ms}`)
    await client.query('set local lock_timeout = 5000')
    await client.query('set local search_path = pg_catalog')
  } catch (error) {
    await close()
    throw explain(error, placeName(place), options)
  }
  const reached = { ...facts, ...peerOf(client) }
  return {
    facts: reached,
    query: (text, asked) => ask(client, text, asked, { place, options, reached, limits }),
    close,
  }
}

const placeName = (place: SqlPlace): string =>
  place.own ? "Assay's own database" : place.host.startsWith('/') ? place.host : `${place.host}:${place.port}`

async function connectionOf(
  place: SqlPlace,
  options: SqlOptions,
): Promise<{ config: pg.ClientConfig; facts: Record<string, string | number> }> {
  if (place.own) return { config: { ...options.own, application_name: 'assay' }, facts: { host: 'own database' } }
  const base = {
    port: place.port,
    database: place.database,
    user: place.user,
    application_name: 'assay',
    // Without a password the driver would look for one in the environment and the home folder of the server.
    password: options.secrets['password'] ?? '',
  }
  if (place.host.startsWith('/')) {
    if (!options.egress.allowPrivate)
      throw new SourceTrouble(
        'forbidden',
        'sockets of the server may not be used here (ASSAY_ALLOW_PRIVATE_NETWORK=false)',
      )
    return { config: { ...base, host: place.host }, facts: { host: place.host, port: place.port } }
  }
  const address = await checkedAddress(place.host, options.egress, options.resolve)
  const ssl =
    place.tls === 'disable'
      ? false
      : {
          // Whom the certificate must name. An address has no server name to send, but is checked all the same.
          host: place.host,
          ...(isIP(place.host) === 0 ? { servername: place.host } : {}),
          rejectUnauthorized: place.tls === 'verify-full',
          minVersion: 'TLSv1.2' as const,
          ...(place.ca === '' ? {} : { ca: place.ca }),
        }
  return { config: { ...base, host: address, ssl }, facts: { host: place.host, address, port: place.port } }
}

/** What the other end proved about itself. */
function peerOf(client: pg.Client): Record<string, string | boolean> {
  const { stream } = (client as unknown as { connection: { stream: unknown } }).connection // not in the driver's types
  if (!(stream instanceof TLSSocket)) return { encrypted: false }
  const der = stream.getPeerCertificate(true).raw
  const spki = der && new X509Certificate(der).publicKey.export({ format: 'der', type: 'spki' })
  return {
    encrypted: true,
    tls: stream.getProtocol() ?? 'unknown',
    trusted: stream.authorized,
    ...(spki ? { peer_key_sha256: hash('sha256', spki, 'hex') } : {}),
  }
}

interface Surroundings {
  readonly place: SqlPlace
  readonly options: SqlOptions
  readonly reached: SqlSource['facts']
  readonly limits: SqlLimits
}

async function ask(
  client: pg.Client,
  text: string,
  asked: { readonly name: string; readonly need?: string },
  { place, options, reached, limits }: Surroundings,
): Promise<Answer> {
  const { recorder } = options
  const asked_at = recorder.now()
  const started = performance.now()
  try {
    // A question that fails must not end the snapshot of the others.
    await client.query('savepoint question')
    const { rows } = await client.query<Record<string, string | null>>(text)
    await client.query('release savepoint question')
    const bytes = Buffer.from(canonicalJson(rows))
    if (bytes.length > limits.answer_bytes)
      throw new SourceTrouble('too-large', `the answer is larger than ${Math.round(limits.answer_bytes / 1048576)} MB`)
    return recorder.record({
      name: asked.name,
      media_type: 'application/json',
      asked_at,
      bytes,
      code: 0,
      said: '',
      request: { sql: text.replaceAll(/\s+/g, ' ').trim() },
      response: { rows: rows.length, milliseconds: Math.round(performance.now() - started), ...reached },
    })
  } catch (error) {
    const trouble = explain(error, placeName(place), options, asked.need)
    recorder.record({
      name: asked.name,
      media_type: 'application/json',
      asked_at,
      bytes: Buffer.alloc(0),
      code: 1,
      said: trouble.message,
      request: { sql: text.replaceAll(/\s+/g, ' ').trim() },
      response: { error: trouble.message, ...reached },
    })
    if (trouble.kind === 'denied' || trouble.kind === 'unsupported')
      await client.query('rollback to savepoint question')
    throw trouble
  }
}

/** Codes of PostgreSQL (SQLSTATE), Node.js and OpenSSL, and what they mean for whoever owns the connection. */
const CODES: Readonly<Record<string, readonly [SourceTrouble['kind'], string]>> = {
  '28P01': ['denied', 'the password was refused'],
  '28000': ['denied', 'the server does not let this user in from here'],
  '3D000': ['missing', 'there is no database of this name'],
  '42501': ['denied', 'the user lacks a right'],
  '42P01': ['unsupported', 'this server has no such view'],
  '42703': ['unsupported', 'this server has no such column'],
  '42883': ['unsupported', 'this server has no such function'],
  '53300': ['unreachable', 'the server has no free connection'],
  '55P03': ['timeout', 'the server holds a lock for too long'],
  '57014': ['timeout', 'the question took too long'],
  '57P01': ['broken', 'the server is stopping'],
  '57P03': ['unreachable', 'the server is starting'],
  ECONNREFUSED: ['unreachable', 'nothing answers there'],
  ECONNRESET: ['broken', 'the connection was cut'],
  EPIPE: ['broken', 'the connection was cut'],
  ENOENT: ['missing', 'there is no such socket'],
  EACCES: ['denied', 'the socket may not be used by the user of this server'],
  EHOSTUNREACH: ['unreachable', 'there is no way to this host'],
  ENETUNREACH: ['unreachable', 'there is no way to this network'],
  ETIMEDOUT: ['timeout', 'it does not answer'],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['unreachable', 'its certificate is signed by itself; give the CA certificate'],
  SELF_SIGNED_CERT_IN_CHAIN: ['unreachable', 'its certificate is of a private CA; give the CA certificate'],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['unreachable', 'its certificate is of an unknown CA; give the CA certificate'],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ['unreachable', 'its certificate is of an unknown CA; give the CA certificate'],
  CERT_HAS_EXPIRED: ['unreachable', 'its certificate has expired'],
  ERR_TLS_CERT_ALTNAME_INVALID: ['unreachable', 'its certificate is for another host'],
}

/** Faults that only the driver's words tell. */
const WORDS: readonly (readonly [RegExp, SourceTrouble['kind'], string])[] = [
  [/no encryption|SSL off/i, 'denied', 'the server wants an encrypted connection; choose TLS'],
  [/does not support SSL/i, 'unsupported', 'the server offers no TLS; turn TLS on at the server, or choose "no TLS"'],
  [/password must be a string|SASL.*(empty|required)|password must be/i, 'denied', 'the server asks for a password'],
  [/timeout expired|timeout exceeded|query read timeout/i, 'timeout', 'it does not answer in time'],
  [/terminated|connection (ended|closed|error)|client was closed/i, 'broken', 'the connection was cut'],
]

function explain(error: unknown, where: string, options: SqlOptions, need?: string): SourceTrouble {
  if (error instanceof SourceTrouble) return error
  if (!(error instanceof Error)) throw error
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const said = options.recorder.scrub(error.message).slice(0, 300)
  const words = WORDS.find(([pattern]) => pattern.test(error.message))
  const known = words ? ([words[1], words[2]] as const) : CODES[code]
  if (!known && code === '') throw error
  const [kind, meaning] = known ?? (['broken', 'the answer makes no sense'] as const)
  return new SourceTrouble(kind, `${where}: ${meaning} (${said})`, {
    cause: error,
    ...(kind === 'denied' ? { need: need ?? 'login' } : {}),
  })
}
