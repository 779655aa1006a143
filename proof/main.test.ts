// SPDX-License-Identifier: Apache-2.0
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buffered, conclusion, run } from './main.ts'
import { testAuthority } from './testdata/authority.ts'
import { smallBundle, SmallLog, usualLog } from './testdata/small-log.ts'
import { unpack } from './testdata/unpack.ts'

/*
 * Both verifiers, as people run them: assay-verify on the zip and on the unpacked folder, VERIFY.sh with openssl on the
 * folder. Each accepts the whole bundle and refuses it after any one byte of any file was changed.
 */

const SCRIPT = fileURLToPath(new URL('VERIFY.sh', import.meta.url))
const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'assay-verify-'))
const zip = join(folder, 'bundle.zip')
const bag = join(folder, 'bag')
const ca = join(folder, 'ca.pem')
const authority = testAuthority({ intermediate: true })
const { log, options } = usualLog()
let bytes: Uint8Array
let names: readonly string[]

beforeAll(async () => {
  bytes = await smallBundle(log, { ...options, authority, stamps: [4, 5] })
  writeFileSync(zip, bytes)
  writeFileSync(ca, authority.ca)
  names = await unpack(bytes, bag)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function verify(...args: string[]): Promise<{ status: number; out: string; error: string }> {
  const said = { out: '', error: '' }
  const status = await run(args, {
    out: (text) => void (said.out += text),
    error: (text) => void (said.error += text),
  })
  return { status, ...said }
}

const shell = (...args: string[]) => spawnSync('bash', [SCRIPT, ...args], { encoding: 'utf8' })

describe('assay-verify', () => {
  test('accepts the zip and the folder, and says what it cannot know', async () => {
    for (const path of [zip, bag]) {
      const { status, out } = await verify(path)
      expect(status, out).toBe(0)
      expect(out).toContain('ok     All entries give the signed root')
      expect(out).toContain(
        'VERIFIED: 3 items of evidence (1 erased) in the log assay.dev/ledger/org_test of 9 entries.',
      )
      expect(out).toContain(log.vkey)
      expect(out).toContain('whether the source systems told the truth')
    }
  })

  test('takes the key and the roots that the reader knows', async () => {
    const { status, out } = await verify(zip, '--key', `${log.vkey}\n`, '--tsa', ca)
    expect(status).toBe(0)
    expect(out).not.toContain('came with the bundle')
    const stranger = new SmallLog().vkey
    expect((await verify(zip, '--key', stranger)).status).toBe(1)
    writeFileSync(join(folder, 'other.pem'), testAuthority().ca)
    expect((await verify(zip, '--tsa', join(folder, 'other.pem'))).out).toContain('WRONG  data/log/checkpoint.test.tsr')
  })

  test('gives one verdict a line to programs', async () => {
    const { status, out } = await verify(zip, '--json')
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(status).toBe(0)
    expect(lines.at(-1)).toMatchObject({ summary: { ok: true, verdicts: lines.length - 1 } })
    expect(lines[0]).toMatchObject({ check: 'payload', ok: true })
  })

  test('runs as a program, without anything installed', () => {
    const cut = join(folder, 'cut.zip')
    writeFileSync(cut, bytes.subarray(0, -1))
    expect(execFileSync(process.execPath, [MAIN, zip], { encoding: 'utf8' })).toContain('VERIFIED')
    const refused = spawnSync(process.execPath, [MAIN, cut], { encoding: 'utf8' })
    expect([refused.status, refused.stderr]).toEqual([2, 'expected a zip file, got something without its end\n'])
  })

  test('says 2 when it was given no bundle', async () => {
    const empty = join(folder, 'empty')
    mkdirSync(empty)
    expect(await verify(empty)).toMatchObject({ status: 2, error: expect.stringContaining('bagit.txt') as string })
    expect(await verify(join(folder, 'missing.zip'))).toMatchObject({
      status: 2,
      error: expect.stringContaining('ENOENT') as string,
    })
    expect(await verify(ca)).toMatchObject({ status: 2 })
    expect(await verify(zip, '--key', 'x')).toMatchObject({ status: 2 })
    expect(await verify(zip, '--nonsense')).toMatchObject({ status: 2 })
    expect(await verify()).toMatchObject({
      status: 2,
      error: expect.stringContaining('assay-verify <bundle.zip') as string,
    })
    expect(await verify(zip, zip)).toMatchObject({ status: 2 })
    expect(await verify('--help')).toMatchObject({ status: 0, out: expect.stringContaining('Exit status') as string })
  })

  test('does not follow links out of a folder', async () => {
    const linked = join(folder, 'linked')
    mkdirSync(linked)
    writeFileSync(join(linked, 'bagit.txt'), '')
    symlinkSync('/etc/hostname', join(linked, 'x'))
    expect(await verify(linked)).toMatchObject({
      status: 2,
      error: expect.stringContaining('expected files and folders') as string,
    })
  })

  test('refuses a zip that was packed again, unless told', async () => {
    const theirs = join(folder, 'theirs.zip')
    execFileSync('python3', [
      '-c',
      'import sys,os,zipfile\nz=zipfile.ZipFile(sys.argv[1],"w",zipfile.ZIP_DEFLATED)\nfor d,_,fs in os.walk(sys.argv[2]):\n  for f in fs:\n    p=os.path.join(d,f); z.write(p,"x/"+os.path.relpath(p,sys.argv[2]))\nz.close()',
      theirs,
      bag,
    ])
    expect(await verify(theirs)).toMatchObject({ status: 1, out: expect.stringContaining('packed again') as string })
    expect(await verify(theirs, '--repacked')).toMatchObject({ status: 0 })
  })

  test('shows the first two hundred of many faults', async () => {
    const many = join(folder, 'many')
    await unpack(bytes, many)
    for (let i = 0; i < 210; i++) writeFileSync(join(many, `data/evidence/IAM-01/col_1/files/x${i}`), '')
    const { status, out } = await verify(many)
    expect(status).toBe(1)
    expect(out).toMatch(/and \d+ more; --json shows all/)
    rmSync(many, { recursive: true })
  })

  test('an error of the machine is not called a fault of the bundle', async () => {
    const broken = {
      out: () => {
        throw new RangeError('the terminal is gone')
      },
      error: () => undefined,
    }
    await expect(run([zip], broken)).rejects.toThrow('the terminal is gone')
  })

  test('one fault is one thing', () => {
    const summary = {
      ok: false,
      verdicts: 9,
      failures: 1,
      pinned: { key: false, tsa: false },
      files: 1,
      evidence: 0,
      erased: 0,
      stamps: [],
    }
    expect(conclusion(summary)).toMatch(/^REFUSED: 1 thing is not as it must be/)
    expect(conclusion({ ...summary, failures: 2 })).toMatch(/^REFUSED: 2 things are/)
    const good = conclusion({ ...summary, ok: true, failures: 0 })
    expect(good).toContain('there is no time-stamp')
    expect(good).not.toContain('root certificates')
  })

  test('reads ahead, at any place and past the end', async () => {
    const file = new Uint8Array(3_000_000).map((_, i) => i % 251)
    let fills = 0
    const access = buffered(file.length, async (at, into) => {
      fills++
      const some = file.subarray(at, at + Math.min(into.length, 700_000)) // a file may give less than it was asked for
      into.set(some)
      return some.length
    })
    for (const [from, to] of [
      [0, 30],
      [30, 60],
      [900_000, 1_100_000],
      [10, 20],
      [2_999_990, 3_000_010],
      [4_000_000, 4_000_001],
    ] as const)
      expect(Buffer.compare(await access.read(from, to), file.subarray(from, to))).toBe(0)
    expect(fills).toBeLessThan(12)
    const short = buffered(100, async () => 0)
    expect(await short.read(0, 10)).toHaveLength(0)
  })
})

describe('after one byte was changed', () => {
  test('every file of the folder has both verifiers refuse it', async () => {
    expect(names).toHaveLength(
      readdirSync(bag, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length,
    )
    for (const [i, name] of names.entries()) {
      const path = join(bag, name)
      const whole = readFileSync(path)
      const changed = Buffer.from(whole)
      const at = (i * 7919) % whole.length
      changed[at]! ^= i % 2 === 0 ? 0x01 : 0x20
      writeFileSync(path, changed)
      const { status, stdout } = shell(bag)
      const { status: ours } = await verify(bag)
      writeFileSync(path, whole)
      expect([ours, status], `${name} byte ${at}: ${stdout}`).toEqual([ours === 2 ? 2 : 1, status === 2 ? 2 : 1])
      expect(ours, name).not.toBe(0)
      expect(stdout, name).not.toContain('VERIFIED')
    }
    expect(shell(bag).status).toBe(0)
  }, 120_000)

  test('bytes all over the small files of tags and keys have assay-verify refuse it', async () => {
    const files = ['bagit.txt', 'bag-info.txt', 'tagmanifest-sha256.txt', 'data/log/checkpoint', 'data/trust/log.vkey']
    for (const name of files) {
      const path = join(bag, name)
      const whole = readFileSync(path)
      for (let at = 0; at < whole.length; at += 17) {
        const changed = Buffer.from(whole)
        changed[at]! ^= 0x20
        writeFileSync(path, changed)
        const { status } = await verify(bag)
        if (status === 0) throw new Error(`${relative(folder, path)} byte ${at}`)
      }
      writeFileSync(path, whole)
    }
  })

  test('bytes all over the zip have assay-verify refuse it', async () => {
    const path = join(folder, 'flipped.zip')
    for (let at = 0; at < bytes.length; at += 401) {
      const changed = Uint8Array.from(bytes)
      changed[at]! ^= 0x10
      writeFileSync(path, changed)
      const { status, out } = await verify(path)
      if (status === 0) throw new Error(`byte ${at}: ${out}`)
    }
  }, 60_000)
})
