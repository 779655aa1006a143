// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { query, READERS } from '../../lib/action.ts'
import type { Logger } from '../../lib/log.ts'
import { Refused } from '../../lib/refused.ts'
import { fromBase64, toBase64 } from '../../proof/bytes.ts'
import { Malformed } from '../../proof/malformed.ts'
import { evidenceCheckActions } from './check-evidence.actions.ts'
import { DAMAGES } from './check.ts'
import { checkLedger } from './checking.actions.ts'

const count = z.number().int()

export const verifyingActions = {
  ...evidenceCheckActions,
  'ledger.check': query({
    summary: 'Verify the whole ledger and its evidence again, from the first byte, and say exactly what is damaged',
    may: READERS,
    input: z.strictObject({
      verified: z
        .strictObject({ size: count.min(1), root: z.string().max(100).describe('base64') })
        .optional()
        .describe('size and root of a check that found all intact: signatures are verified from there on'),
    }),
    output: z.object({
      is_intact: z.boolean(),
      size: count.describe('Leaves counted'),
      root: z.string().describe('Root over them, base64'),
      checked: z
        .object({
          leaves: count,
          pending: count,
          statements: count,
          signatures: count,
          tiles: count,
          checkpoints: count,
          timestamps: count,
          files: count,
          evidence: count,
        })
        .describe('How many of each were looked at'),
      found: count.describe('Findings in all; the first 200 are listed'),
      findings: z.array(
        z.object({
          damage: z.enum(DAMAGES),
          place: z.string(),
          index: z.number().nullable().describe('Position of the leaf concerned'),
          says: z.string(),
        }),
      ),
    }),
    run: async ({ tx, blobs, config, log }, { verified }) => {
      const report = await checkLedger(tx, {
        dataDir: config.dataDir,
        blobs,
        authorities: config.timestampAuthorities,
        verified: verified && { size: verified.size, root: rootFrom(verified.root) },
        progress: teller(log, tx.org),
      })
      return { ...report, root: toBase64(report.root), findings: [...report.findings] }
    },
  }),
}

function rootFrom(text: string): Uint8Array {
  try {
    return fromBase64(text)
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    throw new Refused('INVALID_INPUT', `verified.root: ${error.message}`)
  }
}

/** How often the log of the server says how far a long check is. */
const TOLD_MS = 5000

function teller(log: Logger, org: string): (leaves: number, of: number) => void {
  let told = performance.now()
  return (leaves, of) => {
    if (performance.now() - told < TOLD_MS) return
    told = performance.now()
    log.info({ org, leaves, of }, 'ledger is being verified')
  }
}
