// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs'
import { Command, InvalidArgumentError } from 'commander'
import { actions } from '../features/index.ts'
import type { Action } from '../lib/action.ts'
import { describeConfig, loadConfig } from '../lib/config.ts'
import { completion } from './cli-completion.ts'
import { addFlags, flagsOf, inputOf, kebab } from './cli-input.ts'
import { addLocalCommands } from './cli-local.ts'
import { EXIT, explain } from './cli-refusal.ts'
import { openServer, type Server } from './cli-server.ts'
import { print, type Shown } from './cli-table.ts'
import { WAITS } from './cli-wait.ts'

/*
 * The command-line door: `assay <noun> <verb> [--field value]…`, derived from the same operations as HTTP, which it calls.
 */

interface Globals {
  readonly server?: string
  readonly apiKey?: string
  readonly json?: boolean
  readonly field?: string
  readonly columns?: string
  readonly asOf?: string
  readonly knownAt?: string
}

const NOUNS: Readonly<Record<string, string>> = {
  ledger: 'The transparency log: its state, proofs, keys and time-stamps',
  me: 'Who you are to the server',
  people: 'People, roles, invitations and API keys',
  system: 'The scope: what the report is about, and the plan to get there',
  criteria: 'Trust services criteria, and those that are not relevant',
  policies: 'Policies and their approvals',
  controls: 'Controls: adopt, change, assign, leave out',
  evidence: 'Evidence: import files, attach documents, attest, look at facts',
  connections: 'Connections to systems: create, run, look how they stand',
  checks: 'Checks: questions to the evidence, their outcomes and exceptions',
  kinds: 'Kinds of facts that evidence is made of',
  readiness: 'Readiness by criterion and control, for any day',
  tasks: 'Gaps and other work, each with an owner and a date',
  bundles: 'Evidence bundles that anybody can verify offline',
}

const MORE = `
Every operation of the API is a command. Ids, states and lists come out one by one with --field:
  assay bundles export --name first --wait --field id
  assay controls list --field rows.id

Environment:
  ASSAY_API_KEY  the key to call with
  ASSAY_SERVER   the server to talk to

Exit status: 0 done, 1 refused by Assay, 2 wrong words, 3 the server does not answer. Answers go to standard output,
everything else to standard error; with --json a refusal is an RFC 9457 problem document.`

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

const program = new Command('assay')
  .description('Evidence that proves itself: SOC 2, from the first scope to a bundle anyone can verify.')
  .version(version, '--version', 'Print the version')
  .option('--server <address>', 'Server to talk to (default: ASSAY_SERVER, or the one of the settings)')
  .option('--api-key <key>', 'Key to call with (default: ASSAY_API_KEY)')
  .option('--json', 'Print JSON as it came')
  .option('--field <path>', 'Print one field alone, such as id or rows.id')
  .option('--columns <names>', 'Show these columns of a table, by comma, such as id,counts.fail')
  .option('--as-of <moment>', 'Ask what was so at this moment')
  .option('--known-at <moment>', 'Ask what was known at this moment')
  .helpOption('-h, --help', 'Show help')
  .helpCommand('help [command]', 'Show the help of a command')
  .configureHelp({ showGlobalOptions: true })
  .addHelpText('after', MORE)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT.usage))

const globals = (): Globals => program.opts<Globals>()

function server(moments: Pick<Globals, 'asOf' | 'knownAt'>): Server {
  const { server: address, apiKey } = globals()
  return openServer({
    address: address ?? process.env['ASSAY_SERVER'] ?? loadConfig(process.env).publicUrl,
    key: apiKey ?? process.env['ASSAY_API_KEY'],
    asOf: moments.asOf,
    knownAt: moments.knownAt,
  })
}

/** Runs something and ends with the exit status of what went wrong, if anything did. */
async function told(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    process.exitCode = explain(error, globals().json === true)
  }
}

const WAIT_S = 600
const seconds = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('expected a number of seconds')
  return Number(text)
}

/** Adds `<noun> <verb>` with a flag for each field of the operation's input. */
function addOperation(name: string, action: Action): void {
  const [noun, verb] = name.split('.') as [string, string]
  const group =
    program.commands.find((command) => command.name() === noun) ??
    program.command(noun).description(NOUNS[noun] ?? `Operations on ${noun}`)
  const flags = flagsOf(action)
  const command = group.command(kebab(verb)).description(`${action.summary}.`)
  addFlags(command, flags)
  const wait = WAITS[name]
  if (wait)
    command
      .option('--wait', 'Wait until it is done, and tell on standard error how far it is')
      .option('--timeout <seconds>', 'How long to wait at most', seconds, WAIT_S)
  command.action(async (given: Record<string, string | string[]> & { wait?: boolean; timeout?: number }) => {
    await told(async () => {
      const door = server(globals())
      const input = await inputOf(flags, given, (path) => door.upload(path))
      const until = Date.now() + (given.timeout ?? WAIT_S) * 1000
      const tell = (line: string): void => void process.stderr.write(`${line}\n`)
      const ending = given.wait && wait ? await wait({ server: server({}), tell, until }, input) : undefined
      const answer = (await door.call(name, action.kind, input)) as Readonly<Record<string, unknown>>
      print((ending ? await ending(answer) : answer) as Shown, globals())
    })
  })
}

program
  .command('config')
  .description('List every setting, what it means and its present value.')
  .action(() => told(async () => print(describeConfig(loadConfig(process.env)) as unknown as Shown, globals())))
program
  .command('completion <shell>')
  .description('Print the completion of bash, zsh or fish: source <(assay completion bash).')
  .action((shell: string) => told(async () => void process.stdout.write(completion(shell, program))))
program
  .command('download <bundle> <file>')
  .description('Save a bundle that was made (bundles export) as a file.')
  .action((bundle: string, file: string) =>
    told(async () => {
      await server({}).download(bundle, file)
      process.stderr.write(`Saved ${file}\n`)
    }),
  )
addLocalCommands(program, told)
for (const [name, action] of Object.entries(actions as Record<string, Action>)) addOperation(name, action)
await program.parseAsync()
