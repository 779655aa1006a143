// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander'
import { addBackupCommands } from './cli-backup.ts'
import { addRescueCommand } from './cli-rescue.ts'
import { addSetupCommand } from './cli-setup.ts'
import { addVerifyCommand } from './cli-verify.ts'

type Told = (work: () => Promise<void>) => Promise<void>

/** Commands that work on this machine rather than through the API: backup, restore, and the stand-alone verifier. */
export function addLocalCommands(program: Command, told: Told): void {
  addSetupCommand(program, told)
  addRescueCommand(program, told)
  addBackupCommands(program, told)
  addVerifyCommand(program, told)
}
