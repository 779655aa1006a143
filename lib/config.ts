// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path'
import ipaddr from 'ipaddr.js'
import { z } from 'zod'
import { Refused } from './refused.ts'

/** One setting: the environment variable it comes from, what it means, and how its text is read. */
interface Setting<T> {
  readonly env: string
  readonly says: string
  readonly read: z.ZodType<T, string | undefined>
}

const setting = <T>(env: string, says: string, read: z.ZodType<T, string | undefined>): Setting<T> => ({
  env,
  says,
  read,
})

const text = (fallback: string) => z.string().min(1).default(fallback)
const whole = (fallback: number, min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'expected a whole number')
    .default(String(fallback))
    .transform(Number)
    .pipe(z.number().int().min(min).max(max))
const yesNo = (fallback: boolean) =>
  z
    .enum(['true', 'false'], 'expected true or false')
    .default(fallback ? 'true' : 'false')
    .transform((value) => value === 'true')
/** The address of an origin: scheme, host and port, and nothing behind them. */
const origin = z
  .url({ protocol: /^https?$/, error: 'expected an http or https address' })
  .refine(
    (text) => /^https?:\/\/[^/?#@]+\/?$/.test(text),
    'expected an address without a path, a user or a query, such as https://assay.example.com',
  )
  .transform((text) => text.replace(/\/$/, ''))
  .optional()
const list = z
  .string()
  .default('')
  .transform((value) =>
    value
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  )

/** A time-stamp authority (RFC 3161): `name=url`, or `name=url|file of its root certificates`. */
export interface TimestampAuthority {
  readonly name: string
  readonly url: string
  readonly caFile?: string
}

/** What may stand for a proxy: an address, a range, or a name that the HTTP library gives to some ranges. */
const proxies = list.transform((entries, issues): string[] => {
  for (const entry of entries)
    if (!ipaddr.isValid(entry) && !ipaddr.isValidCIDR(entry) && !NAMED_RANGES.has(entry))
      issues.addIssue({ code: 'custom', message: `expected an address or a range such as 10.0.0.0/8, got "${entry}"` })
  return entries
})
const NAMED_RANGES: ReadonlySet<string> = new Set(['loopback', 'linklocal', 'uniquelocal'])

const authorities = list.transform((entries, issues): TimestampAuthority[] =>
  entries.map((entry) => {
    const parts = /^([a-z0-9-]+)=(https?:\/\/[^|\s]+)(?:\|(.+))?$/.exec(entry)
    if (!parts) {
      issues.addIssue({ code: 'custom', message: `expected name=https://address|ca.pem, got "${entry}"` })
      return z.NEVER
    }
    return { name: parts[1]!, url: parts[2]!, ...(parts[3] ? { caFile: resolve(parts[3]) } : {}) }
  }),
)

const SETTINGS = {
  dataDir: setting(
    'ASSAY_DATA',
    'The one folder that holds all data',
    text('data').transform((path) => resolve(path)),
  ),
  host: setting('HOST', 'Address to listen on', text('127.0.0.1')),
  port: setting('PORT', 'Port to listen on; 0 takes a free one', whole(4800, 0, 65535)),
  contentPort: setting(
    'ASSAY_CONTENT_PORT',
    'Port of the second origin that hands out user files; 0 takes PORT + 1',
    whole(0, 0, 65535),
  ),
  publicUrl: setting('ASSAY_URL', 'Address people use in the browser; http://HOST:PORT when absent', origin),
  contentUrl: setting(
    'ASSAY_CONTENT_URL',
    'Address of the content origin, on another host name than ASSAY_URL; localhost or 127.0.0.1, whichever is the other, when absent',
    origin,
  ),
  databaseUrl: setting(
    'DATABASE_URL',
    'PostgreSQL 15 or newer to use instead of the embedded one; a role that may create roles and own the schema',
    z.url({ protocol: /^postgres(ql)?$/, error: 'expected postgresql://…' }).optional(),
  ),
  role: setting(
    'ASSAY_ROLE',
    'What this process does: all; or web and worker apart, on one DATABASE_URL and one ASSAY_DATA',
    z.enum(['all', 'web', 'worker']).default('all'),
  ),
  trustProxy: setting(
    'ASSAY_TRUST_PROXY',
    'Addresses of reverse proxies whose forwarding headers count, by comma',
    proxies,
  ),
  maxUploadMb: setting('ASSAY_MAX_UPLOAD_MB', 'Largest file that may be uploaded, in MB', whole(200, 1, 4096)),
  timestampAuthorities: setting(
    'ASSAY_TSA',
    'RFC 3161 time-stamp authorities, by comma: name=url or name=url|ca.pem',
    authorities,
  ),
  timestampHours: setting('ASSAY_TSA_HOURS', 'Hours between time-stamps of the ledger', whole(1, 1, 168)),
  keyFile: setting(
    'ASSAY_KEY_FILE',
    "File of the instance's 32-byte key in hex; <data>/instance.key when absent, made at first start",
    z
      .string()
      .min(1)
      .optional()
      .transform((path) => (path === undefined ? undefined : resolve(path))),
  ),
  allowPrivateNetwork: setting(
    'ASSAY_ALLOW_PRIVATE_NETWORK',
    'Whether connections may reach private and loopback addresses; link-local ones never',
    yesNo(true),
  ),
  minFreeMb: setting(
    'ASSAY_MIN_FREE_MB',
    'Free disk space below which the server is not ready',
    whole(500, 0, 1_000_000),
  ),
  logLevel: setting(
    'ASSAY_LOG',
    'Least severe message that is logged',
    z.enum(['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
  ),
} as const satisfies Record<string, Setting<unknown>>

type Read = { readonly [K in keyof typeof SETTINGS]: z.output<(typeof SETTINGS)[K]['read']> }

/** Everything that can be set. Each has a default; `assay config` lists them. */
export type Config = Omit<Read, 'publicUrl' | 'contentUrl' | 'keyFile'> & {
  readonly publicUrl: string
  readonly contentUrl: string
  readonly keyFile: string
}

/**
 * Reads the settings from the environment.
 * @throws Refused BAD_SETTING naming every variable at fault, what was wanted and what came
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const faults: string[] = []
  const read = Object.fromEntries(
    Object.entries(SETTINGS).map(([name, { env: variable, read: schema }]) => {
      const raw = env[variable]
      const result = schema.safeParse(raw === '' ? undefined : raw)
      if (!result.success)
        faults.push(
          `${variable}: ${result.error.issues.map((i) => i.message).join('; ')}, got "${withoutPasswords(raw ?? '')}"`,
        )
      return [name, result.data]
    }),
  ) as Read
  const unknown = Object.keys(env).filter((name) => name.startsWith('ASSAY_') && !NAMES.has(name) && !TOOLING.has(name))
  for (const name of unknown) faults.push(`${name}: no such setting; "assay config" lists them`)
  if (faults.length === 0) faults.push(...contradictions(read))
  if (faults.length > 0) throw new Refused('BAD_SETTING', faults.join('\n'))
  return { ...read, ...addresses(read), keyFile: read.keyFile ?? `${read.dataDir}/instance.key` }
}

/** The addresses that settings name or leave to the others. */
function addresses(read: Read): Pick<Config, 'contentPort' | 'publicUrl' | 'contentUrl'> {
  const contentPort = read.contentPort === 0 && read.port !== 0 ? read.port + 1 : read.contentPort
  const publicUrl = read.publicUrl ?? `http://${hostInUrl(read.host)}:${read.port}`
  const other = new URL(publicUrl).hostname === 'localhost' ? '127.0.0.1' : 'localhost'
  return { contentPort, publicUrl, contentUrl: read.contentUrl ?? `http://${other}:${contentPort}` }
}

/** Settings that are right one by one and do not go together, in words. */
function contradictions(read: Read): string[] {
  const { contentPort, publicUrl, contentUrl } = addresses(read)
  if (read.role !== 'all' && read.databaseUrl === undefined)
    return [`ASSAY_ROLE: expected all without a DATABASE_URL that a web and a worker share, got "${read.role}"`]
  if (contentPort > 65535 || (contentPort === read.port && contentPort !== 0))
    return [`ASSAY_CONTENT_PORT: expected another port than PORT, up to 65535, got ${contentPort} beside ${read.port}`]
  const host = new URL(publicUrl).hostname
  if (host === new URL(contentUrl).hostname)
    return [
      `ASSAY_CONTENT_URL: expected another host name than that of ASSAY_URL, because cookies know no ports, got ${contentUrl} beside ${publicUrl}`,
    ]
  if (read.contentUrl === undefined && !isOfThisMachine(host))
    return [
      `ASSAY_CONTENT_URL: expected the address of the second origin as people's browsers reach it, beside ASSAY_URL ${publicUrl}; got nothing`,
    ]
  return []
}

/** Whether a browser with that address is on this machine, where `localhost` and `127.0.0.1` are the same. */
const isOfThisMachine = (host: string): boolean => host === 'localhost' || host === '[::1]' || host.startsWith('127.')

const NAMES: ReadonlySet<string> = new Set(Object.values(SETTINGS).map(({ env }) => env))
/** Variables of the command line, the tests and the benchmarks, which are no settings of the server. */
const TOOLING: ReadonlySet<string> = new Set([
  'ASSAY_SAMPLES',
  'ASSAY_TEST_POSTGRES',
  'ASSAY_TRIALS',
  'ASSAY_SERVER',
  'ASSAY_API_KEY',
  'ASSAY_CHROMIUM',
  'ASSAY_COMPANY',
  'ASSAY_PICTURES',
  'ASSAY_SYSTEM_NODE',
])

function hostInUrl(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}

/** Name, meaning and present value of every setting, for `assay config`. Passwords in addresses are hidden. */
export function describeConfig(config: Config): { name: string; says: string; value: string }[] {
  return Object.entries(SETTINGS).map(([key, { env, says }]) => {
    const value: unknown = config[key as keyof Config]
    const shown = value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : `${value as string}`
    return { name: env, says, value: withoutPasswords(shown) }
  })
}

/** Hides passwords in addresses: before the host, even when they hold signs that should be escaped, and in the query. */
const withoutPasswords = (text: string): string =>
  text.replace(/:\/\/([^:/?#@\s]*):[^\s"]*@/g, '://$1:…@').replace(/([?&]password=)[^&#\s"]*/gi, '$1…')
