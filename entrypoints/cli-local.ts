// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { backUp, restore } from '../lib/backup.ts'
import { loadConfig } from '../lib/config.ts'
import { Refused } from '../lib/refused.ts'
import { readRunning } from '../lib/running.ts'
import { addRescueCommand } from './cli-rescue.ts'
import { addSetupCommand } from './cli-setup.ts'

/** Commands that work on this machine rather than through the API: backup, restore, and the stand-alone verifier. */
export function addLocalCommands(program: Command): void {
  addSetupCommand(program, told)
  addRescueCommand(program, told)
  program
    .command('backup <folder>')
    .description('Copy the data of the running server to a new folder; the server keeps working')
    .action(async (folder: string) => {
      await told(async () => {
        const { dataDir } = loadConfig(process.env)
        const { files, bytes } = await backUp({
          dataDir,
          target: resolve(folder),
          owner: readRunning(dataDir).owner,
          now: new Date(),
        })
        return `Backed up ${files} files, ${Math.ceil(bytes / 1024 / 1024)} MB, to ${folder}.`
      })
    })
  program
    .command('restore <folder>')
    .description('Check a backup and make it the data folder (ASSAY_DATA) of a server that is not running')
    .action(async (folder: string) => {
      await told(async () => {
        const { dataDir } = loadConfig(process.env)
        const { files, made_at } = await restore({ source: resolve(folder), dataDir })
        return `Restored ${files} files as of ${made_at} to ${dataDir}. Start Assay; it checks the ledger against its publication.`
      })
    })
  program
    .command('verify <bundle>')
    .description('Verify an evidence bundle; needs no server, network or settings')
    .option('--key <vkey>', "the log's verifier key, as you know it from elsewhere")
    .option('--tsa <file>', 'root certificates of time-stamp authorities you trust (PEM)')
    .allowUnknownOption()
    .action(async (bundle: string, flags: { key?: string; tsa?: string }) => {
      const { run } = await import('../proof/main.ts')
      const words = [
        bundle,
        ...(flags.key ? ['--key', flags.key] : []),
        ...(flags.tsa ? ['--tsa', flags.tsa] : []),
        ...(program.opts<{ json?: boolean }>().json ? ['--json'] : []),
      ]
      process.exitCode = await run(words, { out: write(process.stdout), error: write(process.stderr) })
    })
}

async function told(work: () => Promise<string>): Promise<void> {
  try {
    process.stdout.write(`${await work()}\n`)
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    process.stderr.write(`${error.code}: ${error.message}\n`)
    process.exitCode = 1
  }
}

const write =
  (stream: NodeJS.WriteStream) =>
  (text: string): void =>
    void stream.write(text)
