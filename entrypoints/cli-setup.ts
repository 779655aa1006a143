// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander'
import { URI } from 'otpauth'
import { actions } from '../features/index.ts'
import { LISTEN } from '../lib/action.ts'
import { Refused } from '../lib/refused.ts'
import { Problematic, reach, readJson } from './cli-server.ts'
import { print, type How } from './cli-table.ts'
import type { Problem } from './problem.ts'

const KEY_DAYS = 90

interface Flags {
  readonly organization: string
  readonly name: string
  readonly email: string
}

/** `assay setup <link>`: the first account without a browser: owner, second factor, and a first API key. */
export function addSetupCommand(program: Command, told: (work: () => Promise<void>) => Promise<void>): void {
  program
    .command('setup <link>')
    .description('Set up a new server from its one-time link; the password is read from standard input.')
    .requiredOption('--organization <name>', 'The service organisation')
    .requiredOption('--name <name>', 'Your name')
    .requiredOption('--email <address>', 'Your e-mail address')
    .action((link: string, flags: Flags) =>
      told(async () => {
        const account = await setUp(link, flags)
        const how: How = program.opts()
        if (how.json || how.field !== undefined) print(account, how)
        else process.stdout.write(`${describe(account)}\n`)
      }),
    )
}

/** What whoever set up the server must keep; it is shown only once. */
type Account = Awaited<ReturnType<typeof setUp>>

/** The key stands alone on the last line, so that `tail -n 1` takes it. */
const describe = ({ authenticator, recovery_codes, expires_at, key }: Account): string =>
  [
    'Set up. Keep these; they are shown only now.',
    `Authenticator: ${authenticator}`,
    `Recovery codes: ${recovery_codes.join(' ')}`,
    `API key until ${expires_at}:`,
    key,
  ].join('\n')

async function setUp(link: string, flags: Flags) {
  const [address, token] = link.split('/setup#')
  if (!address || !token)
    throw new Refused('INVALID_INPUT', `expected a link such as http://127.0.0.1:4800/setup#…, got ${link}`)
  const session = openSession(address)
  await session.post('/api/auth/setup', { token, ...flags, password: await readPassword() })
  const started = (await session.post('/api/auth/totp/start', {})) as { uri: string }
  const authenticator = URI.parse(started.uri)
  if (!('period' in authenticator)) throw new Error('expected a time-based authenticator')
  const done = (await session.post('/api/auth/totp/confirm', { code: authenticator.generate() })) as {
    recovery_codes: string[]
  }
  const nouns = [...new Set([...Object.keys(actions), LISTEN].map((name) => `${name.split('.')[0]}.*`))]
  const made = (await session.post('/api/v1/people.createKey', {
    name: 'First key, from the command line',
    scopes: nouns,
    days: KEY_DAYS,
  })) as { key: string; expires_at: string }
  const { key, expires_at } = made
  return { authenticator: started.uri, recovery_codes: done.recovery_codes, key, expires_at }
}

/** The password: one line of standard input, so that it is neither in the history nor in the list of processes. */
async function readPassword(): Promise<string> {
  if (process.stdin.isTTY) process.stderr.write('Password (at least 12 characters): ')
  let text = ''
  for await (const chunk of process.stdin) {
    text += String(chunk)
    if (text.includes('\n')) break
  }
  return text.split('\n')[0] ?? ''
}

/** A browser of two lines: keeps the cookie, posts JSON, and turns a problem into its refusal. */
function openSession(address: string): { post(path: string, body: unknown): Promise<unknown> } {
  let cookie = ''
  return {
    async post(path, body) {
      const response = await reach(new URL(path, address), {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: new URL(address).origin, cookie },
        body: JSON.stringify(body),
      })
      cookie = response.headers.getSetCookie().at(-1)?.split(';')[0] ?? cookie
      const answer = await readJson(response, address)
      if (!response.ok) throw new Problematic(answer as Problem)
      return answer
    },
  }
}
