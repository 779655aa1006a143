// SPDX-License-Identifier: Apache-2.0
import { readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { Command } from 'commander'
import { z } from 'zod'
import { actions } from '../features/index.ts'
import type { Action } from '../lib/action.ts'
import { describeConfig, loadConfig } from '../lib/config.ts'
import { Refused } from '../lib/refused.ts'
import { print, type Shown } from './cli-table.ts'
import { completion } from './cli-completion.ts'
import { addLocalCommands } from './cli-local.ts'

/*
 * The command-line door: `assay <noun> <verb> [--field value]… [--json]`, derived from the same operations as HTTP, which it
 * calls. Exit codes: 0 done, 1 refused by Assay, 2 wrong words, 3 the server does not answer.
 */

const EXIT = { refused: 1, usage: 2, unreachable: 3 } as const

interface Globals {
  readonly server: string
  readonly key?: string
  readonly json?: boolean
  readonly asOf?: string
  readonly knownAt?: string
}

const program = new Command('assay')
  .description('Evidence that proves itself: SOC 2, from the first scope to a bundle anyone can verify')
  .option('--server <address>', 'server to talk to', process.env['ASSAY_SERVER'] ?? loadConfig(process.env).publicUrl)
  .option('--key <key>', 'API key (ASSAY_API_KEY)')
  .option('--json', 'print JSON as it came')
  .option('--as-of <moment>', 'ask what was so at this moment')
  .option('--known-at <moment>', 'ask what was known at this moment')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT.usage))

/** Adds `<noun> <verb>` with a flag for each field of the operation's input. */
function addOperation(name: string, action: Action): void {
  const [noun, verb] = name.split('.') as [string, string]
  const group =
    program.commands.find((command) => command.name() === noun) ??
    program.command(noun).description(`Operations on ${noun}`)
  const schema = z.toJSONSchema(action.input, { io: 'input', unrepresentable: 'any' }) as JsonObjectSchema
  const command = group.command(kebab(verb)).description(action.summary)
  for (const [field, property] of Object.entries(schema.properties ?? {})) {
    const flag = `--${kebab(field)} <value>`
    const says = property.description ?? `${typeOf(property)}${schema.required?.includes(field) ? ' (required)' : ''}`
    command.option(field === 'upload' ? '--upload <file>' : flag, field === 'upload' ? 'file to send' : says)
  }
  command.option('--input <json>', 'the whole input as JSON; @file reads it from a file')
  command.action(async (flags: Record<string, string>) => {
    const globals = program.opts<Globals>()
    try {
      const input = await inputOf(globals, schema, flags)
      print((await call(globals, name, action, input)) as Shown, globals.json === true)
    } catch (error) {
      fail(error)
    }
  })
}

interface JsonProperty {
  readonly type?: string | readonly string[]
  readonly anyOf?: readonly JsonProperty[]
  readonly enum?: readonly unknown[]
  readonly description?: string
}
interface JsonObjectSchema {
  readonly properties?: Readonly<Record<string, JsonProperty>>
  readonly required?: readonly string[]
}

const kebab = (name: string): string => name.replace(/[A-Z_]/g, (c) => `-${c === '_' ? '' : c.toLowerCase()}`)
const camel = (flag: string): string => flag.replace(/-([a-z])/g, (_, c: string) => c.toUpperCase())
const typeOf = (p: JsonProperty): string =>
  p.enum?.join(' | ') ?? (Array.isArray(p.type) ? p.type.join(' or ') : (p.type as string | undefined)) ?? 'JSON'

/** The input from `--input` and the flags; a flag for a field that is not text is read as JSON. */
async function inputOf(
  globals: Globals,
  schema: JsonObjectSchema,
  flags: Record<string, string>,
): Promise<Record<string, unknown>> {
  const raw = flags['input']
  const text = raw?.startsWith('@') ? readFileSync(raw.slice(1), 'utf8') : raw
  const input = (text === undefined ? {} : parseJson('--input', text)) as Record<string, unknown>
  for (const [field, property] of Object.entries(schema.properties ?? {})) {
    const value = flags[camel(kebab(field))]
    if (value === undefined) continue
    if (field === 'upload') input[field] = await upload(globals, value)
    else input[field] = isText(property) ? value : parseJson(`--${kebab(field)}`, value)
  }
  return input
}

const isText = (p: JsonProperty): boolean =>
  p.type === 'string' ||
  (p.enum?.every((value) => typeof value === 'string') ?? false) ||
  (p.anyOf?.some(isText) ?? false)

function parseJson(flag: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new Refused('INVALID_INPUT', `${flag}: expected JSON, got ${text.slice(0, 60)}`)
  }
}

async function upload(globals: Globals, path: string): Promise<string> {
  const form = new FormData()
  form.append('file', new Blob([readFileSync(path)]), basename(path))
  const answer = await send(globals, '/api/v1/uploads', { method: 'POST', body: form })
  return (answer as { id: string }).id
}

async function call(globals: Globals, name: string, action: Action, input: unknown): Promise<unknown> {
  const query = new URLSearchParams()
  if (globals.asOf) query.set('asOf', globals.asOf)
  if (globals.knownAt) query.set('knownAt', globals.knownAt)
  if (action.kind === 'query') {
    query.set('input', JSON.stringify(input))
    return await send(globals, `/api/v1/${name}?${query.toString()}`, { method: 'GET' })
  }
  return await send(globals, `/api/v1/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
    body: JSON.stringify(input),
  })
}

async function send(globals: Globals, path: string, init: RequestInit): Promise<unknown> {
  const key = globals.key ?? process.env['ASSAY_API_KEY']
  if (!key)
    throw new Refused(
      'SIGN_IN_FIRST',
      'expected an API key in ASSAY_API_KEY or --key; make one under Settings, or with "assay setup" on a new server',
    )
  const response = await fetch(new URL(path, globals.server), {
    ...init,
    headers: { ...(init.headers as Record<string, string> | undefined), authorization: `Bearer ${key}` },
  })
  const body: unknown = await response.json()
  if (response.ok) return body
  const problem = body as { code?: string; detail?: string; request_id?: string }
  throw new Refused(
    problem.code ?? 'HTTP',
    `${problem.detail ?? response.statusText}${problem.request_id ? ` (request ${problem.request_id})` : ''}`,
  )
}

function fail(error: unknown): never {
  if (error instanceof Refused) {
    process.stderr.write(`${error.code}: ${error.message}\n`)
    process.exit(EXIT.refused)
  }
  if (error instanceof TypeError && error.message === 'fetch failed') {
    process.stderr.write(`The server ${program.opts<Globals>().server} does not answer. Start it with "npm start".\n`)
    process.exit(EXIT.unreachable)
  }
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
    process.stderr.write(`${error.message}\n`)
    process.exit(EXIT.usage)
  }
  throw error
}

program
  .command('config')
  .description('List every setting, what it means and its present value')
  .action(() =>
    print(describeConfig(loadConfig(process.env)) as unknown as Shown, program.opts<Globals>().json === true),
  )
program
  .command('completion <shell>')
  .description('Print completion for bash, zsh or fish: source <(assay completion bash)')
  .action((shell: string) => void process.stdout.write(completion(shell, Object.keys(actions))))
program
  .command('download <bundle> <file>')
  .description('Fetch a bundle that was made (bundles export) to a file')
  .action(async (id: string, file: string) => {
    try {
      const { url } = (await send(program.opts<Globals>(), `/api/v1/bundle-files/${encodeURIComponent(id)}`, {
        method: 'GET',
      })) as { url: string }
      const response = await fetch(url)
      if (!response.ok) throw new Refused('HTTP', `the content origin answered ${response.status}`)
      writeFileSync(file, Buffer.from(await response.arrayBuffer()))
      process.stdout.write(`Saved ${file}\n`)
    } catch (error) {
      fail(error)
    }
  })
addLocalCommands(program)
for (const [name, action] of Object.entries(actions as Record<string, Action>)) addOperation(name, action)
await program.parseAsync()
