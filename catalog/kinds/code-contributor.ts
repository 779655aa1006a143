// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { instant, keyOfParts, kind } from '../kind.ts'

export const codeContributor = kind({
  id: 'code-contributor',
  version: 1,
  says: 'Somebody who wrote commits of a repository.',
  schema: z.strictObject({
    repository: z.string(),
    email: z.string(),
    name: z.string(),
    commits: z.int().nonnegative(),
    first_at: instant(),
    last_at: instant(),
    signs: z.boolean().describe('The newest commit bears a good signature'),
  }),
  key: (row) => keyOfParts(row.repository, row.email),
  label: (row) => `${row.name} <${row.email}>`,
  reading: { type: 'state' },
  fresh_hours: 26,
})
