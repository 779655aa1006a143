// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { instant, keyOfParts, kind } from '../kind.ts'

export const codeBranch = kind({
  id: 'code-branch',
  version: 1,
  says: 'A branch of a repository and where it points.',
  schema: z.strictObject({
    repository: z.string(),
    name: z.string(),
    is_default: z.boolean(),
    head_sha: z.string(),
    head_at: instant(),
    merged: z.boolean().describe('All of it is in the default branch'),
    author_email: z.string().describe('Author of its newest commit'),
  }),
  key: (row) => keyOfParts(row.repository, row.name),
  label: (row) => `${row.repository} ${row.name}`,
  reading: { type: 'state' },
  fresh_hours: 26,
})
