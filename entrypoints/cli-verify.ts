// SPDX-License-Identifier: Apache-2.0
import { accessSync, constants, readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { Refused } from '../lib/refused.ts'
import { WrongWords } from './cli-refusal.ts'

interface VerifyFlags {
  readonly key?: string
  readonly tsa?: string
  readonly repacked?: boolean
}

/** `assay verify`: the stand-alone verifier. */
export function addVerifyCommand(program: Command, told: (work: () => Promise<void>) => Promise<void>): void {
  program
    .command('verify <bundle>')
    .description('Verify an evidence bundle, zip or folder; needs no server, network or settings.')
    .option('--key <vkey>', "The log's verifier key, as you know it from elsewhere")
    .option('--tsa <file>', 'Root certificates of time-stamp authorities you trust (PEM)')
    .option('--repacked', 'Accept a zip that another program packed; its files are verified all the same')
    .action((bundle: string, flags: VerifyFlags) =>
      told(async () => {
        accessSync(bundle, constants.R_OK) // a wrong name is a wrong word, not a bundle to refuse
        await checkWords(flags)
        process.exitCode = await verify(bundle, flags, program.opts<{ json?: boolean }>().json === true)
      }),
    )
}

/** What the reader gave is read first: a fault in it says nothing about the bundle. @throws WrongWords INVALID_INPUT */
async function checkWords({ key, tsa }: VerifyFlags): Promise<void> {
  const [{ parseVerifierKey }, { readRoots }, { Malformed }] = await Promise.all([
    import('../proof/note.ts'),
    import('../proof/verify-time.ts'),
    import('../proof/malformed.ts'),
  ])
  const read = (flag: string, work: () => unknown): void => {
    try {
      work()
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
      throw new WrongWords('INVALID_INPUT', `${flag}: ${error.message}`)
    }
  }
  if (key !== undefined) read('--key', () => parseVerifierKey(key.trim()))
  if (tsa !== undefined) read('--tsa', () => readRoots(readFileSync(tsa, 'utf8')))
}

/** @returns 0 when everything holds, else 1: what cannot be read as a bundle was changed, or never was one */
async function verify(bundle: string, { key, tsa, repacked }: VerifyFlags, json: boolean): Promise<number> {
  const { run } = await import('../proof/main.ts')
  const words = [
    bundle,
    ...(key === undefined ? [] : ['--key', key]),
    ...(tsa === undefined ? [] : ['--tsa', tsa]),
    ...(repacked ? ['--repacked'] : []),
    ...(json ? ['--json'] : []),
  ]
  let said = ''
  const status = await run(words, { out, error: (text) => void (said += text) })
  if (status === 2) throw new Refused('NOT_A_BUNDLE', `${said.trim()}; ${bundle} cannot be relied on`)
  return status
}

const out = (text: string): void => void process.stdout.write(text)
