// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { flagsOf, kebab } from '../../entrypoints/cli-input.ts'
import { actions } from '../../features/index.ts'
import type { Action } from '../../lib/action.ts'
import { SCOPE } from '../programme.ts'
import { assay, discard, startRunning, type Running } from './running.ts'

// Each command is a process of its own: many tests of this file take a dozen starts.
vi.setConfig({ testTimeout: 120_000 })

const folder = mkdtempSync(join(tmpdir(), 'assay-cli-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the command line', () => {
  let server: Running
  let env: Record<string, string>
  const run = async (...words: string[]): Promise<string> => {
    const { code, out, err } = await assay(words, { env })
    if (code !== 0) throw new Error(`assay ${words.join(' ')} ended with ${code}: ${err}`)
    return out
  }
  const refused = async (...words: string[]): Promise<[code: number, says: string | undefined]> => {
    const { code, err } = await assay(words, { env })
    return [code, err.trimEnd().split('\n').at(-1)?.split(':')[0]]
  }
  const json = async <T>(...words: string[]): Promise<T> => JSON.parse(await run('--json', ...words)) as T

  beforeAll(async () => {
    server = await startRunning()
    env = { ASSAY_SERVER: server.url, ASSAY_DATA: server.dataDir }
  }, 90_000)
  afterAll(async () => {
    await server.stop()
    discard(server)
  })

  test('before set-up, an operation says that a key is needed and ends with 1', async () => {
    const { code, err } = await assay(['ledger', 'status'], { env })
    expect([code, err.split(':')[0]]).toEqual([1, 'SIGN_IN_FIRST'])
  })

  test('the one-time link and a password on standard input give an owner, a second factor and an API key', async () => {
    const words = [
      'setup',
      server.setupLink,
      '--organization',
      'Nimbus',
      '--name',
      'Ada',
      '--email',
      'ada@nimbus.example',
    ]
    const { code, out, err } = await assay(words, { env, stdin: 'nimbus-lantern-42-quarry\n' })
    expect([code, err]).toEqual([0, ''])
    env = { ...env, ASSAY_API_KEY: out.trim().split('\n').at(-1) ?? '' }
    expect(await run('me', 'get')).toContain('Ada')
  })

  test('the link works once', async () => {
    const words = [
      'setup',
      server.setupLink,
      '--organization',
      'Other',
      '--name',
      'Eve',
      '--email',
      'eve@nimbus.example',
    ]
    const { code, err } = await assay(words, { env, stdin: 'nimbus-lantern-42-quarry\n' })
    expect([code, err.split(':')[0]]).toEqual([1, 'SETUP_LINK'])
  })

  test('an answer is a table for people, JSON for programs, and one field alone for scripts', async () => {
    const id = await run('me', 'get', '--field', 'id')
    expect(id).toMatch(/^usr_\w+\n$/)
    expect(await json<{ id: string }>('me', 'get')).toMatchObject({ id: id.trim() })
    expect(await run('me', 'get', '--field', 'roles')).toBe('compliance_manager\nexecutive\nso_admin\n')
    expect(await run('people', 'list', '--columns', 'name,roles')).toMatch(
      /^name +roles\n-+  -+\nAda +compliance_manager, executive, so_admin$/m,
    )
    expect(await refused('me', 'get', '--field', 'nothing')).toEqual([1, 'UNKNOWN_FIELD'])
  })

  test('a refusal is a sentence for people and a problem document for programs', async () => {
    const { code, out, err } = await assay(['--json', 'evidence', 'get', '--id', 'col_none'], { env })
    expect([code, out]).toEqual([1, ''])
    expect(JSON.parse(err)).toMatchObject({
      type: 'urn:assay:problem:unknown-evidence',
      title: 'Not found',
      status: 404,
      code: 'UNKNOWN_EVIDENCE',
      detail: 'no evidence col_none',
      request_id: expect.stringMatching(/^[\w-]{20,}$/) as string,
    })
    const words = ['--json', 'connections', 'create', '--connector', 'git', '--name', 'x', '--config', 'nonsense']
    const local = await assay(words, { env })
    expect(JSON.parse(local.err)).toMatchObject({ code: 'INVALID_INPUT', status: 422 })
  })

  test('inputs are words, lists, names with values, and JSON from a file or standard input', async () => {
    const file = join(folder, 'scope.json')
    writeFileSync(file, JSON.stringify({ based_on: 0, scope: SCOPE }))
    expect(await json('system', 'save-scope', '--input', `@${file}`)).toMatchObject({ n: 1, applicable_criteria: 33 })
    const words = ['system', 'save-scope', '--based-on', '1', '--scope', '@-', '--field', 'n']
    expect(await assay(words, { env, stdin: JSON.stringify(SCOPE) })).toMatchObject({ code: 0, out: '2\n' })
    const answers = ['--answers', 'people:=600', '--answers', 'hosting=own']
    expect(await run('system', 'suggest', ...answers, '--field', 'suggestion.stage.value')).toBe('enterprise\n')
    await run('system', 'approve-scope', '--n', '2')
    expect(await json('controls', 'adopt', '--controls', 'IAM-01', '--controls', 'CHG-02')).toMatchObject({
      adopted: ['IAM-01', 'CHG-02'],
    })
  })

  test('waiting ends when the work has, in whichever way, or when the time is over', async () => {
    const words = ['connections', 'create', '--connector', 'git', '--config', `location=${folder}`, '--wait']
    const { code, out, err } = await assay([...words, '--name', 'nothing there'], { env })
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(/^changes: failed, 0 of 0; .+$/m)
    expect(err).toMatch(/^RUN_FAILED: .{10,}$/m)
    expect(await refused(...words, '--name', 'no time', '--timeout', '0')).toEqual([1, 'STILL_UNDER_WAY'])
  })

  test('a file of an unknown sort is refused with what it is, and leaves nothing', async () => {
    const file = join(folder, 'notes.txt')
    writeFileSync(file, 'only words')
    expect(await refused('evidence', 'import', '--upload', file, '--series', 'x')).toEqual([1, 'UNKNOWN_FORMAT'])
    // A connection of the test before may still be read meanwhile.
    const { rows } = await json<{ rows: { source_kind: string }[] }>('evidence', 'list')
    expect(rows.filter((row) => row.source_kind !== 'connection')).toEqual([])
    expect(await json('evidence', 'imports')).toEqual({ rows: [], next: null })
  })

  test('a wrong word ends with 2 and names the nearest right one, a server that does not answer with 3', async () => {
    const impart = await assay(['evidence', 'impart'], { env })
    expect([impart.code, impart.err]).toEqual([2, "error: unknown command 'impart'\n(Did you mean import?)\n"])
    const flag = await assay(['evidence', 'list', '--outcom', 'failed'], { env })
    expect([flag.code, flag.err]).toEqual([2, "error: unknown option '--outcom'\n(Did you mean --outcome?)\n"])
    const upload = await assay(['evidence', 'import', '--format', 'csv'], { env })
    expect([upload.code, upload.err]).toEqual([2, 'MISSING: expected --upload <file> and --series <text>\n'])
    expect(await refused('controls', 'list', '--limit', 'many')).toEqual([2, 'INVALID_INPUT'])
    expect(await refused('verify', join(folder, 'missing.zip'))).toEqual([2, 'FILE'])
    expect((await assay(['ledger', 'status'], { env: { ...env, ASSAY_SERVER: 'http://127.0.0.1:1' } })).code).toBe(3)
  })

  test('a file that is no bundle is refused, whatever the settings are', async () => {
    const file = join(folder, 'notes.zip')
    writeFileSync(file, 'only words')
    const { code, err } = await assay(['verify', file], { env: { PORT: 'eighty' } })
    expect([code, err]).toEqual([1, expect.stringMatching(/^NOT_A_BUNDLE: expected a zip file/)])
  })
})

describe('a verifier', () => {
  test('never blames the bundle for what its reader gave', async () => {
    const file = join(folder, 'words.txt')
    writeFileSync(file, 'only words')
    for (const [flag, value] of [
      ['--key', 'no+key'],
      ['--tsa', file],
    ] as const) {
      const { code, err } = await assay(['verify', file, flag, value])
      expect([code, err]).toEqual([
        2,
        expect.stringMatching(new RegExp(`^INVALID_INPUT: ${flag}: expected `)) as string,
      ])
    }
    const missing = await assay(['verify', file, '--tsa', join(folder, 'missing.pem')])
    expect([missing.code, missing.err.split(':')[0]]).toEqual([2, 'FILE'])
  })
})

describe('help', () => {
  const help = async (...words: string[]): Promise<string> => (await assay([...words, '--help'])).out

  test('says what each command is for, what each of its flags takes, and how it ends', async () => {
    const [all, one] = [await help(), await help('evidence', 'import')]
    for (const name of Object.keys(actions))
      expect(all).toMatch(new RegExp(`^  ${name.split('.')[0]} {2,}[A-Z].+`, 'm'))
    expect(all).not.toContain('Operations on')
    expect(all).toContain('Exit status: 0 done, 1 refused by Assay, 2 wrong words, 3 the server does not answer.')
    expect(one).toMatch(/--upload <file> +The file to send \(required\)/)
    expect(one).toMatch(/--whole <true\|false> +It is a whole scan/)
    expect(one).toMatch(/--wait +Wait until it is done/)
  })

  test('no flag of an operation is called like a flag of all', () => {
    const ours = new Set([
      'server',
      'api_key',
      'json',
      'field',
      'columns',
      'as_of',
      'known_at',
      'input',
      'wait',
      'timeout',
    ])
    const clashes = Object.entries(actions).flatMap(([name, action]) =>
      flagsOf(action as Action).flatMap(({ field }) =>
        ours.has(field) || ours.has(kebab(field)) ? [`${name} ${field}`] : [],
      ),
    )
    expect(clashes).toEqual([])
  })

  test('a shell completes nouns, verbs, flags and files', async () => {
    const script = join(folder, 'completion.bash')
    writeFileSync(script, (await assay(['completion', 'bash'])).out)
    const complete = (...words: string[]): string[] =>
      execFileSync('bash', [
        ...['-c', 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _assay; echo "${COMPREPLY[@]}"'],
        ...['complete', script, 'assay', ...words],
      ])
        .toString()
        .trim()
        .split(' ')
    expect(complete('read')).toEqual(['readiness'])
    expect(complete('readiness', 'cri')).toEqual(['criteria', 'criterion'])
    expect(complete('bundles', 'export', '--w')).toEqual(['--wait'])
    expect(complete('verify', 'first.zip', '--rep')).toEqual(['--repacked'])
    expect(complete('evidence', 'import', 'file')).toEqual([''])
    expect((await assay(['completion', 'zsh'])).out).toContain('bashcompinit')
    expect((await assay(['completion', 'fish'])).out).toContain(
      'complete -c assay -n "__fish_seen_subcommand_from bundles; and __fish_seen_subcommand_from export" -l wait',
    )
    expect(await assay(['completion', 'tcsh'])).toMatchObject({
      code: 2,
      err: 'UNKNOWN_SHELL: expected bash, zsh or fish, got tcsh\n',
    })
  })
})

describe('a server that is killed', () => {
  test('comes back by itself and has kept what it had acknowledged', async () => {
    const first = await startRunning()
    const env = { ASSAY_SERVER: first.url }
    const words = [
      'setup',
      first.setupLink,
      '--organization',
      'Nimbus',
      '--name',
      'Ada',
      '--email',
      'ada@nimbus.example',
    ]
    const { out } = await assay(words, { env, stdin: 'nimbus-lantern-42-quarry\n' })
    const key = out.trim().split('\n').at(-1) ?? ''
    await first.stop('SIGKILL')
    const second = await startRunning({ dataDir: first.dataDir })
    const status = await assay(['--json', 'ledger', 'status'], {
      env: { ASSAY_SERVER: second.url, ASSAY_API_KEY: key },
    })
    expect((JSON.parse(status.out) as { size: number }).size).toBeGreaterThan(5)
    await second.stop()
    discard(second)
  }, 120_000)

  test('lets no second server onto its data folder', async () => {
    const server = await startRunning()
    await expect(startRunning({ dataDir: server.dataDir })).rejects.toThrow(/another Assay is running/)
    await server.stop()
    discard(server)
  }, 90_000)

  test('a wrong setting is named with what was wanted, and nothing starts', async () => {
    await expect(startRunning({ env: { PORT: 'eighty' } })).rejects.toThrow(
      /PORT: expected a whole number, got "eighty"/,
    )
  })
})
