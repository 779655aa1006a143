// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { utf8 } from './bytes.ts'
import { testAuthority } from './testdata/authority.ts'
import { smallBundle, SmallLog, usualLog } from './testdata/small-log.ts'
import { unpack } from './testdata/unpack.ts'

/*
 * VERIFY.sh as people run it: on an unpacked bundle, with bash, coreutils and openssl.
 */

const SCRIPT = fileURLToPath(new URL('VERIFY.sh', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'assay-verify-'))
const bag = join(folder, 'bag')
const ca = join(folder, 'ca.pem')
const authority = testAuthority({ intermediate: true })
const { log, options } = usualLog()

beforeAll(async () => {
  const bytes = await smallBundle(log, { ...options, authority, stamps: [4, 5] })
  writeFileSync(ca, authority.ca)
  await unpack(bytes, bag)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const shell = (...args: string[]) => spawnSync('bash', [SCRIPT, ...args], { encoding: 'utf8' })

describe('VERIFY.sh', () => {
  test('accepts the unpacked bundle with bash, coreutils and openssl alone, and says what it cannot know', () => {
    const { status, stdout } = shell(bag)
    expect(status, stdout).toBe(0)
    expect(stdout).toContain('VERIFIED: 3 items of evidence')
    expect(stdout).toContain('3 time-stamps hold')
    expect(stdout).toContain('whether the source systems told the truth')
  })

  test('takes the key and the roots that the reader knows', () => {
    const { status, stdout } = shell(bag, '--key', log.vkey, '--tsa', ca)
    expect(status).toBe(0)
    expect(stdout).not.toContain('came with the bundle')
    expect(shell(bag, '--key', new SmallLog().vkey).status).toBe(1)
    writeFileSync(join(folder, 'another.pem'), testAuthority().ca)
    expect(shell(bag, '--tsa', join(folder, 'another.pem')).stdout).toContain('the time-stamp does not hold')
  })

  test('stands in the bundle and finds it by itself', () => {
    expect(spawnSync('bash', [join(bag, 'data/VERIFY.sh')], { encoding: 'utf8' }).status).toBe(0)
    expect(readFileSync(join(bag, 'data/VERIFY.sh'), 'utf8')).toBe(readFileSync(SCRIPT, 'utf8'))
  })

  test('never takes a wrong word for a good one', () => {
    for (const words of [['--key'], ['--tsa'], ['--tsa', join(folder, 'missing.pem')], ['--kye', log.vkey]]) {
      const { status, stdout } = shell(bag, ...words)
      expect([words, status, stdout]).toEqual([
        words,
        2,
        expect.stringMatching(/^(there is no|.* needs a|.* cannot be) /),
      ])
    }
  })

  test('accepts a log of more than one tile, and one without evidence or time-stamps', async () => {
    const long = new SmallLog()
    while (long.size < 300) long.append({ kind: 'audit', stream: 'audit' })
    const index = long.append({ kind: 'evidence', stream: 's', files: [{ name: 'a', bytes: utf8('a') }] })
    for (const [name, evidence] of [
      ['long', [{ index, folder: 'A/a' }]],
      ['none', []],
    ] as const) {
      const to = join(folder, name)
      await unpack(await smallBundle(long, { evidence: [...evidence] }), to)
      const { status, stdout } = shell(to)
      expect(status, stdout).toBe(0)
      expect(stdout).toContain('there is no time-stamp')
    }
  })

  test('says 2 when it is given no bundle', () => {
    expect(shell(folder).status).toBe(2)
  })

  test('refuses links, unlisted files, and missing ones', () => {
    symlinkSync('/etc/hostname', join(bag, 'data/x'))
    expect(shell(bag).stdout).toContain('links or devices')
    rmSync(join(bag, 'data/x'))
    for (const name of ['data/x', 'x']) {
      writeFileSync(join(bag, name), '')
      expect(shell(bag).status).toBe(1)
      rmSync(join(bag, name))
    }
    const kept = readFileSync(join(bag, 'data/README.md'))
    rmSync(join(bag, 'data/README.md'))
    expect(shell(bag).status).toBe(1)
    writeFileSync(join(bag, 'data/README.md'), kept)
    expect(shell(bag).status).toBe(0)
  })

  describe('finds what an exporter changed, listed and sealed', () => {
    const first = 'data/evidence/IAM-01/col_1'
    const changes: Readonly<Record<string, (files: Map<string, Uint8Array>) => void>> = {
      file: (files) => files.set(`${first}/files/0-users.json`, utf8('x')),
      'file gone': (files) => {
        for (const name of files.keys()) if (name.startsWith(`${first}/files/`)) files.delete(name)
      },
      statement: (files) =>
        files.set(`${first}/manifest.dsse.json`, files.get('data/trust/keys/1/manifest.dsse.json')!),
      'statement gone': (files) => files.delete(`${first}/manifest.dsse.json`),
      leaf: (files) => files.set(`${first}/leaf.json`, files.get('data/evidence/IAM-01/att_1/leaf.json')!),
      checkpoint: (files) => files.set('data/log/checkpoint', files.get('data/log/stamps/5/checkpoint')!),
      consistency: (files) => files.set('data/log/stamps/5/consistency', files.get('data/log/stamps/4/consistency')!),
      erasure: (files) => {
        for (const name of ['leaf.json', 'leaf.json.tlog-proof', 'manifest.dsse.json'])
          files.set(`data/evidence/unassigned/col_2/erasure/${name}`, files.get(`data/evidence/IAM-01/att_1/${name}`)!)
      },
      'key file': (files) =>
        files.set(
          'data/trust/log.pub.pem',
          files.get([...files.keys()].find((name) => name.includes('collectors/'))!)!,
        ),
      'time-stamp': (files) => files.set('data/log/checkpoint.test.tsr', files.get('data/log/stamps/5/test.tsr')!),
    }
    const needsStamps = new Set(['checkpoint', 'consistency', 'time-stamp'])
    const proof = (change: (lines: string[]) => void) => (files: Map<string, Uint8Array>) => {
      const name = `${first}/leaf.json.tlog-proof`
      const lines = new TextDecoder().decode(files.get(name)).split('\n')
      change(lines)
      files.set(name, utf8(lines.join('\n')))
    }
    // Lines of the proof: its type, its index, its hashes from the leaf upwards, an empty one, and the checkpoint.
    const last = (lines: readonly string[]): number => lines.indexOf('') - 1
    const withProofs = {
      ...changes,
      'a hash of a proof': proof((lines) => (lines[2] = (lines[2]?.startsWith('A') ? 'B' : 'A') + lines[2]?.slice(1))),
      'the last hash of a proof': proof((lines) => {
        const at = last(lines)
        lines[at] = (lines[at]?.startsWith('A') ? 'B' : 'A') + lines[at]?.slice(1)
      }),
      'a hash too many': proof((lines) => lines.splice(last(lines), 0, lines[2] ?? '')),
      'a hash too few': proof((lines) => lines.splice(last(lines), 1)),
      'another index': proof((lines) => (lines[1] = lines[1] === 'index 0' ? 'index 1' : 'index 0')),
    }
    test.each(Object.entries(withProofs))('%s', async (what, change) => {
      const to = join(folder, 'changed')
      await unpack(
        await smallBundle(log, { ...options, ...(needsStamps.has(what) ? { authority, stamps: [4, 5] } : {}), change }),
        to,
      )
      const { status, stdout } = shell(to)
      expect(status, `${what}: ${stdout}`).toBe(1)
      expect(stdout).not.toContain('VERIFIED')
      rmSync(to, { recursive: true })
    })
  })
})
