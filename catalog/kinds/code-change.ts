// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { instant, keyOfParts, kind } from '../kind.ts'

export const codeChange = kind({
  id: 'code-change',
  version: 1,
  says: 'One change that reached the default branch of a repository, and who reviewed it.',
  schema: z.strictObject({
    repository: z.string(),
    sha: z.string(),
    branch: z.string(),
    author_name: z.string(),
    author_email: z.string(),
    committer_name: z.string(),
    committer_email: z.string(),
    authored_at: instant(),
    landed_at: instant().describe('When it reached the branch'),
    is_merge: z.boolean(),
    is_direct: z.boolean().describe('Landed neither by a merge nor with a review trailer'),
    title: z.string(),
    reviewers: z.array(z.string()).describe('Reviewers by trailer, and mergers other than the author'),
    change_request: z.string().nullable().describe('Number of the pull or merge request, such as #42 or !7'),
    signature: z.enum(['good', 'bad', 'untrusted', 'none']),
    files_changed: z.int().nonnegative(),
    lines_added: z.int().nonnegative(),
    lines_removed: z.int().nonnegative(),
  }),
  key: (row) => keyOfParts(row.repository, row.sha),
  label: (row) => `${row.sha.slice(0, 10)} ${row.title}`,
  reading: { type: 'event', at: 'landed_at' },
  fresh_hours: 26,
})
