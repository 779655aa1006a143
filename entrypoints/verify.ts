// SPDX-License-Identifier: Apache-2.0
import { Command } from 'commander'
import { EXIT, explain } from './cli-refusal.ts'
import { addVerifyCommand } from './cli-verify.ts'

/* `assay verify …` alone, as `entrypoints/cli.ts` has it: without the operations it starts in a tenth of the time. */

const program = new Command('assay')
  .option('--json', 'Print JSON as it came')
  .configureHelp({ showGlobalOptions: true })
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT.usage))
addVerifyCommand(program, async (work) => {
  try {
    await work()
  } catch (error) {
    process.exitCode = explain(error, program.opts<{ json?: boolean }>().json === true)
  }
})
await program.parseAsync()
