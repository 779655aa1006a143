// SPDX-License-Identifier: Apache-2.0
import { execFile, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { arfFile, testResult } from '../../catalog/imports/testdata/reports.ts'
import { cloudScan } from '../../demo/scans.ts'
import { addDays } from '../../lib/time.ts'
import { buffered } from '../../proof/main.ts'
import { openZip } from '../../proof/zip.ts'
import { repository, type Repository } from '../sources.ts'
import { assay, COMPILED, discard, startRunning, type Running } from './running.ts'

/*
 * The README's main job by command line, as a stranger does it: the lines themselves are run by bash. Only the values of
 * the first block are ours, and `npx assay` is the program of this checkout.
 */

const SAMPLES = process.env['ASSAY_SAMPLES'] ?? ''
const folder = mkdtempSync(join(tmpdir(), 'assay-readme-'))
const inFolder = (name: string): string => join(folder, name)
const zip = inFolder('first.zip')

/** The blocks of shell lines in a section of the README. */
function blocks(section: string): string[] {
  const text = readFileSync('README.md', 'utf8').split(`\n## ${section}\n`)[1]?.split('\n## ')[0] ?? ''
  return [...text.matchAll(/^```bash\n(.*?)^```$/gms)].map(([, lines]) => lines ?? '')
}

/** Results of Prowler and OpenSCAP: real ones where there are samples, small ones of our own elsewhere. */
function scannerFiles(): { CLOUD_SCAN: string; HOST_SCAN: string } {
  const day = addDays(new Date().toISOString().slice(0, 10), -1)
  const [real, host] = ['ocsf-prowler-aws.json', 'xccdf-openscap-rhel8.xml'].map((name) => join(SAMPLES, name)) as [
    string,
    string,
  ]
  const isReal = SAMPLES !== '' && existsSync(real) && existsSync(host)
  const results = [
    ['no-root-login', 'fail'],
    ['disk-encrypted', 'pass'],
  ] as const
  const ours = testResult({ results, prefix: 'xccdf' }).replaceAll('2026-03-02', day)
  const [theirs = ''] = isReal ? (/<TestResult .*<\/TestResult>/s.exec(readFileSync(host, 'utf8')) ?? []) : []
  const inArf = theirs.replace('<TestResult ', '<TestResult xmlns="http://checklists.nist.gov/xccdf/1.2" ')
  writeFileSync(inFolder('host.arf.xml'), arfFile(isReal ? inArf : ours))
  // Its day 25 has a public bucket.
  writeFileSync(inFolder('cloud.ocsf.json'), isReal ? readFileSync(real) : cloudScan(addDays(day, -25), 25))
  return { CLOUD_SCAN: inFolder('cloud.ocsf.json'), HOST_SCAN: inFolder('host.arf.xml') }
}

/** A folder for PATH in which `npx assay` is this checkout's program. */
function npx(): string {
  const bin = inFolder('bin')
  mkdirSync(bin)
  const program = `"${process.execPath}" --disable-warning=ExperimentalWarning "${resolve('entrypoints/cli.ts')}"`
  writeFileSync(join(bin, 'npx'), `#!/bin/sh\n[ "$1" = assay ] || exit 2\nshift\nexec ${program} "$@"\n`)
  chmodSync(join(bin, 'npx'), 0o755)
  return bin
}

interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs lines with bash, which stops at the first command that fails. */
const bash = (lines: string, env: Record<string, string>): Promise<Ran> =>
  new Promise((done) => {
    const child = execFile(
      'bash',
      ['-euo', 'pipefail', '-s'],
      { cwd: folder, env: { ...process.env, ...COMPILED, ...env }, maxBuffer: 64 * 1024 * 1024 },
      (error, out, err) => done({ code: error ? Number(error.code ?? 1) : 0, out, err }),
    )
    child.stdin?.end(lines)
  })

describe('the lines of the README', () => {
  let server: Running
  let clone: Repository
  let values: Record<string, string>
  let ran: Ran
  const [first = '', script = ''] = blocks('Use it for real')

  beforeAll(async () => {
    server = await startRunning()
    clone = repository()
    clone.commit('Begin', { at: new Date(Date.now() - 86_400_000).toISOString() })
    clone.merge('invoices', 'Merge invoices', { at: new Date().toISOString() }, { at: new Date().toISOString() })
    values = {
      SETUP_LINK: server.setupLink,
      PASSWORD: 'nimbus-lantern-42-quarry',
      CLONE: clone.path,
      ...scannerFiles(),
    }
    const env = { ...values, ASSAY_SERVER: server.url, PATH: `${npx()}:${process.env['PATH'] ?? ''}` }
    ran = await bash(script, env)
  }, 300_000)
  afterAll(async () => {
    await server.stop()
    discard(server)
    clone.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  test('name every value that whoever copies them must give, and no other', () => {
    const named = [...first.matchAll(/\b([A-Z_]+)=/g)].map(([, name]) => name ?? '')
    expect(named.toSorted()).toEqual(Object.keys(values).toSorted())
    for (const name of named) expect(script).toContain(`"$${name}"`)
  })

  test('go from an empty data folder to a verified bundle without a fault', () => {
    expect(ran.code, ran.err).toBe(0)
    expect(ran.err).not.toMatch(/^[A-Z_]+: /m)
  })

  test('show what was read from both systems, whole and judged', () => {
    expect(ran.err).toMatch(/^changes: complete, 2 of 2$/m)
    expect(ran.err).toMatch(/^roles: complete, (\d+) of \1$/m)
    expect(ran.err.match(/^judged by every check/gm)).toHaveLength(4)
  })

  test('show outcomes of every source, and gaps by criterion', () => {
    const state = (check: string): string => new RegExp(`^${check} +(\\w+)`, 'm').exec(ran.out)?.[1] ?? 'not listed'
    expect(['pass', 'fail', 'no_data']).toContain(state('cloud-rules-pass'))
    for (const check of ['baseline-rules-pass', 'changes-are-reviewed', 'database-settings-are-in-force'])
      expect(['pass', 'fail'], check).toContain(state(check))
    expect(ran.out).toMatch(/^CC6\.1 +Logical access architecture +not_ready +[1-9]\d*$/m)
    expect(ran.out).toMatch(/^gaps:\nid +type +title/m)
  })

  test('end with the word of both verifiers', () => {
    expect(ran.out.match(/^VERIFIED: 10 items of evidence /gm)).toHaveLength(2)
  })

  test('leave nobody without the second factor, the recovery codes and the key', () => {
    expect(readFileSync(inFolder('account.txt'), 'utf8')).toMatch(
      /^Authenticator: otpauth:\/\/totp\/\S+\nRecovery codes: .+\nAPI key until \S+:\nassay_\w+\S*\n$/m,
    )
  })

  test('give a zip of which no byte can be changed without assay verify naming what is wrong', async () => {
    const bytes = readFileSync(zip)
    for (const [where, at] of await spread(bytes)) {
      const changed = Buffer.from(bytes)
      changed[at]! ^= 1 // a position inside the zip
      writeFileSync(inFolder('changed.zip'), changed)
      const { code, out, err } = await assay(['verify', inFolder('changed.zip')])
      expect([where, code]).toEqual([where, 1])
      expect(`${out}${err}`, where).toMatch(
        where.startsWith('zip') ? /zip|directory|bagit|stored bytes/ : `WRONG  ${where}`,
      )
    }
  }, 240_000)

  test('give a folder of which no file can be changed without VERIFY.sh naming it', async () => {
    const script = inFolder('first/data/VERIFY.sh')
    const names = (await spread(readFileSync(zip))).map(([name]) => name).filter((name) => !name.startsWith('zip'))
    for (const name of names) {
      const file = inFolder(`first/${name}`)
      const whole = readFileSync(file)
      const changed = Buffer.from(whole)
      changed[whole.length >> 1]! ^= 1 // no file of a bundle is empty
      writeFileSync(file, changed)
      const { status, stdout, stderr } = spawnSync('bash', [script], { encoding: 'utf8' })
      writeFileSync(file, whole)
      expect([name, status]).toEqual([name, 1])
      expect(`${stdout}${stderr}`).toContain(name)
    }
    expect(spawnSync('bash', [script]).status).toBe(0)
  }, 120_000)
})

/** One byte in the middle of each sort of file as the zip stores it, and of each part of the zip's own form. */
async function spread(bytes: Buffer): Promise<(readonly [where: string, at: number])[]> {
  const { entries } = await openZip(
    buffered(bytes.length, (at, into) => Promise.resolve(bytes.copy(into, 0, at, at + into.length))),
  )
  const sorts = [
    /\/files\/0-cloud\.ocsf\.json$/,
    /\/files\/0-host\.arf\.xml$/,
    /\/files\/\d-settings\.json$/,
    /evidence\/.*\/manifest\.dsse\.json$/,
    /evidence\/.*\/leaf\.json$/,
    /evidence\/.*\.tlog-proof$/,
    /data\/log\/checkpoint$/,
    /data\/log\/tile\/entries\//,
    /data\/log\/tile\/0\//,
    /data\/trust\/log\.vkey$/,
    /data\/index\.html$/,
    /\/manifest-sha256\.txt$/,
    /\/tagmanifest-sha256\.txt$/,
    /\/manifest-sha256\.dsse\.json$/,
    /\/bag-info\.txt$/,
  ]
  const files = sorts.map((sort) => {
    const entry = entries.find(({ name }) => sort.test(name))
    if (!entry) throw new Error(`the bundle has no ${String(sort)}`)
    const header = bytes.indexOf(entry.name, 0, 'utf8')
    const start = header + Buffer.byteLength(entry.name) + bytes.readUInt16LE(header - 2)
    return [entry.name.slice('first/'.length), start + (entry.packed_bytes >> 1)] as const
  })
  const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'))
  const directory = bytes.readUInt32LE(end + 16)
  return [
    ...files,
    ['zip, first byte', 0],
    ['zip, a size in the directory', directory + 20],
    ['zip, a name in the directory', directory + 46],
    ['zip, its end', end],
    ['zip, number of files', end + 10],
    ['zip, last byte', bytes.length - 1],
  ]
}
