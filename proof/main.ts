#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
import { open, readdir, readFile, stat } from 'node:fs/promises'
import { createReadStream, realpathSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { bundleInZip, filesFrom, type BundleFiles } from './bundle-files.ts'
import type { Bytes } from './bytes.ts'
import { Malformed } from './malformed.ts'
import { CHECKS, verifyBundle, type BundleSummary, type Verdict, type VerifyOptions } from './verify.ts'
import type { RandomAccess } from './zip.ts'

const USAGE = `assay-verify <bundle.zip or unpacked folder> [--key <vkey>] [--tsa <ca.pem>] [--repacked] [--json]

  --key       verifier key of the log, as you wrote it down when the engagement began
  --tsa       root certificates of the time-stamp authorities that you trust
  --repacked  accept a zip that another program packed; its files are verified all the same
  --json      one verdict a line, then the summary

Exit status: 0 everything holds, 1 something does not, 2 this is no bundle.
`
const MOST_SHOWN = 200

/** Where lines go. */
export interface Terminal {
  out(text: string): void
  error(text: string): void
}

/** Runs the verifier. @returns the exit status: 0 good, 1 something is wrong, 2 not a bundle or not a command */
export async function run(args: readonly string[], terminal: Terminal): Promise<0 | 1 | 2> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        key: { type: 'string' },
        tsa: { type: 'string' },
        repacked: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    })
    const [path, ...more] = positionals
    if (values.help || path === undefined || more.length > 0) {
      terminal[values.help ? 'out' : 'error'](USAGE)
      return values.help ? 0 : 2
    }
    const tsa = values.tsa === undefined ? undefined : await readFile(values.tsa, 'utf8')
    const options = { key: values.key?.trim(), tsa, repacked: values.repacked }
    return await withBundle(path, (files) => (values.json ? asJson : asText)(files, options, terminal))
  } catch (error) {
    // Wrong arguments are TypeErrors of parseArgs; files that cannot be read have a code.
    if (error instanceof Malformed || (error instanceof Error && 'code' in error)) {
      terminal.error(`${error.message}\n`)
      return 2
    }
    throw error
  }
}

type Shown = (files: BundleFiles, options: VerifyOptions, terminal: Terminal) => Promise<0 | 1>

const asJson: Shown = async (files, options, terminal) => {
  const summary = await verifyBundle(files, options, (verdict) => terminal.out(`${JSON.stringify(verdict)}\n`))
  terminal.out(`${JSON.stringify({ summary })}\n`)
  return summary.ok ? 0 : 1
}

const asText: Shown = async (files, options, terminal) => {
  const counts = new Map<string, number>()
  const notes: Verdict[] = []
  let shown = 0
  const summary = await verifyBundle(files, options, (verdict) => {
    if (verdict.ok) counts.set(verdict.check, (counts.get(verdict.check) ?? 0) + 1)
    else if (shown++ < MOST_SHOWN)
      terminal.out(`WRONG  ${verdict.subject}\n       expected ${verdict.expected}\n       got ${verdict.got}\n`)
    if (verdict.ok && (verdict.check === 'time' || verdict.check === 'erased')) notes.push(verdict)
  })
  if (shown > MOST_SHOWN) terminal.out(`       and ${shown - MOST_SHOWN} more; --json shows all\n`)
  for (const [check, says] of Object.entries(CHECKS)) {
    const count = counts.get(check)
    if (count !== undefined) terminal.out(`ok     ${says} (${count})\n`)
  }
  for (const { subject, got } of notes.slice(0, MOST_SHOWN)) terminal.out(`       ${subject}: ${got}\n`)
  terminal.out(`${conclusion(summary)}\n`)
  return summary.ok ? 0 : 1
}

/** The last lines: what was found, and what nobody could find out. */
export function conclusion({ ok, failures, log, pinned, evidence, erased, stamps }: BundleSummary): string {
  if (!ok)
    return `REFUSED: ${failures} ${failures === 1 ? 'thing is' : 'things are'} not as it must be. Do not rely on this bundle.`
  const about = `VERIFIED: ${evidence} items of evidence (${erased} erased) in the log ${log?.origin} of ${log?.size} entries.`
  const open = [
    ...(pinned.key
      ? []
      : [`the log's key came with the bundle; compare it with the one you were given:\n         ${log?.key}`]),
    ...(stamps.length === 0 ? ['there is no time-stamp: moments are claimed by the log alone'] : []),
    ...(stamps.length === 0 || pinned.tsa
      ? []
      : ['root certificates of time-stamp authorities came with the bundle; give yours by --tsa']),
    'whether the source systems told the truth, no signature can say',
  ]
  return [about, ...open.map((line) => `Open:    ${line}`)].join('\n')
}

async function withBundle<T>(path: string, work: (files: BundleFiles) => Promise<T>): Promise<T> {
  if ((await stat(path)).isDirectory()) return await work(await bundleInFolder(path))
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const fill = async (at: number, into: Uint8Array): Promise<number> =>
      (await file.read(into, 0, into.length, at)).bytesRead
    return await work(await bundleInZip(buffered(size, fill)))
  } finally {
    await file.close()
  }
}

const BLOCK = 1 << 20
/** Memory that was used before and is not cleared: all of it is read over, or cut off. */
const block = (size: number): Bytes => new Uint8Array(Buffer.allocUnsafeSlow(size).buffer)

/** Reads ahead: a bundle's files lie one after another, most are small, and a large one is hashed while the next piece comes. */
export function buffered(size: number, fill: (at: number, into: Uint8Array) => Promise<number>): RandomAccess {
  const fillAll = async (from: number, into: Bytes): Promise<Bytes> => {
    let filled = 0
    for (let read = -1; read !== 0 && filled < into.length; filled += read)
      read = await fill(from + filled, into.subarray(filled))
    return into.subarray(0, filled)
  }
  let held = { from: 0, bytes: new Uint8Array(0) }
  return {
    size,
    async read(from, to) {
      if (from < held.from || to > held.from + held.bytes.length) {
        const wanted = Math.max(Math.min(Math.max(BLOCK, to - from), size - from), 0)
        held = { from, bytes: await fillAll(from, block(wanted)) }
      }
      return held.bytes.subarray(from - held.from, to - held.from)
    },
    async *scan(from, to) {
      const buffers = [block(BLOCK), block(BLOCK)] as const
      const piece = (n: number): Promise<Bytes> =>
        fillAll(from + n * BLOCK, buffers[n % 2 === 0 ? 0 : 1].subarray(0, Math.min(BLOCK, to - from - n * BLOCK)))
      let next = piece(0)
      try {
        for (let n = 0; from + n * BLOCK < to; n++) {
          const bytes = await next
          if (from + (n + 1) * BLOCK < to) next = piece(n + 1)
          yield bytes
        }
      } finally {
        await Promise.allSettled([next]) // who stops early wants no more of it, not even its fault
      }
    },
  }
}

/** A bundle that somebody unpacked. Anything but files and folders is refused: a link could lead out. @throws Malformed BUNDLE */
async function bundleInFolder(folder: string): Promise<BundleFiles> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const odd = entries.find((entry) => !entry.isFile() && !entry.isDirectory())
  if (odd) throw new Malformed('BUNDLE', `expected files and folders, got ${join(odd.parentPath, odd.name)}`)
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
  if (!names.includes('bagit.txt')) throw new Malformed('BUNDLE', `expected bagit.txt in ${folder}`)
  const known = new Set(names)
  return filesFrom(names, (name) => {
    if (!known.has(name)) throw new Malformed('BUNDLE', `expected the file ${name}, got none`)
    return createReadStream(join(folder, name), { highWaterMark: BLOCK })
  })
}

// `import.meta.main` came with Node 24; this verifier wants no more than 22.
if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  process.exitCode = await run(process.argv.slice(2), {
    out: (text) => process.stdout.write(text),
    error: (text) => process.stderr.write(text),
  })
