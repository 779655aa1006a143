// SPDX-License-Identifier: Apache-2.0
import { Refused } from '../../lib/refused.ts'
import type { Kind } from '../kind.ts'
import { backupJob } from './backup-job.ts'
import { baselineResult } from './baseline-result.ts'
import { codeBranch } from './code-branch.ts'
import { codeChange } from './code-change.ts'
import { codeContributor } from './code-contributor.ts'
import { codeFinding } from './code-finding.ts'
import { codeScan } from './code-scan.ts'
import { codeTag } from './code-tag.ts'
import { databaseAccessRule } from './database-access-rule.ts'
import { databaseRole } from './database-role.ts'
import { databaseServer } from './database-server.ts'
import { databaseSetting } from './database-setting.ts'
import { device } from './device.ts'
import { document } from './document.ts'
import { person } from './person.ts'
import { postureFinding } from './posture-finding.ts'
import { restoreTest } from './restore-test.ts'
import { trainingCompletion } from './training-completion.ts'
import { userAccount } from './user-account.ts'

/** Every kind of fact, by id. */
export const kinds: readonly Kind[] = [
  backupJob,
  baselineResult,
  codeBranch,
  codeChange,
  codeContributor,
  codeFinding,
  codeScan,
  codeTag,
  databaseAccessRule,
  databaseRole,
  databaseServer,
  databaseSetting,
  device,
  document,
  person,
  postureFinding,
  restoreTest,
  trainingCompletion,
  userAccount,
]

const byId = new Map(kinds.map((kind) => [kind.id, kind]))

/** @throws Refused UNKNOWN_KIND */
export function kindOf(id: string): Kind {
  const kind = byId.get(id)
  if (!kind)
    throw new Refused('UNKNOWN_KIND', `expected one of ${[...byId.keys()].join(', ')}; got ${id.slice(0, 60)}`, {
      status: 404,
    })
  return kind
}
