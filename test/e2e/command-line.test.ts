// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cloudScan } from '../../demo/scans.ts'
import { SCOPE } from '../programme.ts'
import { assay, discard, startRunning, type Running } from './running.ts'

describe('the main job by the command line alone', () => {
  let server: Running
  let env: Record<string, string>
  const folder = mkdtempSync(join(tmpdir(), 'assay-cli-'))
  const run = async (...words: string[]): Promise<string> => {
    const { code, out, err } = await assay(words, { env })
    if (code !== 0) throw new Error(`assay ${words.join(' ')} ended with ${code}: ${err}`)
    return out
  }
  const json = async <T>(...words: string[]): Promise<T> => JSON.parse(await run('--json', ...words)) as T

  beforeAll(async () => {
    server = await startRunning()
    env = { ASSAY_SERVER: server.url, ASSAY_DATA: server.dataDir }
  }, 90_000)
  afterAll(async () => {
    await server.stop()
    discard(server)
    rmSync(folder, { recursive: true, force: true })
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

  test('a scope is saved, approved, and its controls are adopted', async () => {
    const file = join(folder, 'scope.json')
    writeFileSync(file, JSON.stringify({ based_on: 0, scope: SCOPE }))
    const saved = await json<{ applicable_criteria: number }>('system', 'save-scope', '--input', `@${file}`)
    expect(saved.applicable_criteria).toBe(33)
    await run('system', 'approve-scope', '--n', '1')
    const { adopted } = await json<{ adopted: string[] }>('controls', 'adopt')
    expect(adopted.length).toBeGreaterThan(60)
  })

  test('a scanner’s file becomes facts, outcomes and gaps', async () => {
    const file = join(folder, 'prowler.json')
    writeFileSync(file, cloudScan('2026-01-01', 25))
    const imported = await json<{ collections: { outcome: string; collected: number }[] }>(
      ...['evidence', 'import', '--upload', file, '--series', 'Production account'],
    )
    expect(imported.collections.map(({ outcome, collected }) => [outcome, collected])).toEqual([['complete', 11]])
    await expect
      .poll(
        async () =>
          (await json<{ rows: { status: string }[] }>('checks', 'outcomes', '--id', 'cloud-rules-pass')).rows.length,
        {
          timeout: 30_000,
          interval: 500,
        },
      )
      .toBeGreaterThan(0)
  }, 60_000)

  test('the evidence goes out as a bundle that two verifiers accept, and neither once a byte is changed', async () => {
    // The bundle covers what is published; the import's own leaf needs a moment to get there.
    await expect
      .poll(async () => (await json<{ pending: number }>('ledger', 'status')).pending, { timeout: 15_000 })
      .toBe(0)
    const { id } = await json<{ id: string }>('bundles', 'export', '--name', 'nimbus')
    await expect
      .poll(async () => (await json<{ state: string }>('bundles', 'get', '--id', id)).state, {
        timeout: 30_000,
        interval: 500,
      })
      .toBe('done')
    const zip = join(folder, 'nimbus.zip')
    await run('download', id, zip)
    const good = await assay(['verify', zip])
    expect([good.code, good.err]).toEqual([0, ''])
    execFileSync('unzip', ['-q', zip, '-d', folder])
    const script = join(folder, 'nimbus/data/VERIFY.sh')
    expect(execFileSync('bash', [script], { encoding: 'utf8' })).toContain('ok')
    const bytes = readFileSync(zip)
    bytes[Math.floor(bytes.length / 2)]! ^= 1 // the archive is longer than one byte
    writeFileSync(zip, bytes)
    expect((await assay(['verify', zip])).code).toBe(1)
    const leaf =
      execFileSync('find', [join(folder, 'nimbus/data/evidence'), '-name', 'leaf.json'], { encoding: 'utf8' }).split(
        '\n',
      )[0] ?? ''
    writeFileSync(leaf, readFileSync(leaf, 'utf8').replace('"v":1', '"v":2'))
    expect(() => execFileSync('bash', [script], { stdio: 'pipe' })).toThrow()
  }, 120_000)

  test('a file of an unknown sort is refused with what it is, and leaves nothing', async () => {
    const file = join(folder, 'notes.txt')
    writeFileSync(file, 'only words')
    const before = (await json<{ rows: unknown[] }>('evidence', 'list')).rows.length
    const { code, err } = await assay(['evidence', 'import', '--upload', file, '--series', 'x'], { env })
    expect([code, err.split(':')[0]]).toEqual([1, 'UNKNOWN_FORMAT'])
    expect((await json<{ rows: unknown[] }>('evidence', 'list')).rows.length).toBe(before)
  })

  test('an unknown word ends with 2, a server that does not answer with 3', async () => {
    expect((await assay(['evidence', 'impart'], { env })).code).toBe(2)
    expect((await assay(['ledger', 'status'], { env: { ...env, ASSAY_SERVER: 'http://127.0.0.1:1' } })).code).toBe(3)
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
