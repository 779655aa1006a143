// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { instant, keyOfParts, kind } from '../kind.ts'

export const codeTag = kind({
  id: 'code-tag',
  version: 1,
  says: 'A tag of a repository: usually a release.',
  schema: z.strictObject({
    repository: z.string(),
    name: z.string(),
    target_sha: z.string(),
    annotated: z.boolean(),
    tagger_email: z.string().nullable(),
    tagged_at: instant().nullable(),
    signature: z.enum(['good', 'bad', 'untrusted', 'none']),
  }),
  key: (row) => keyOfParts(row.repository, row.name),
  label: (row) => `${row.repository} ${row.name}`,
  reading: { type: 'state' },
  fresh_hours: 26,
})
