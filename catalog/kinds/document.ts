// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { day, kind } from '../kind.ts'

export const document = kind({
  id: 'document',
  version: 1,
  says: 'A file that a person put forward, with the days it speaks about.',
  schema: z.strictObject({
    name: z.string(),
    media_type: z.string(),
    size_bytes: z.int().nonnegative(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    period_from: day().nullable(),
    period_to: day().nullable(),
    source: z.string(),
    prepared_by: z.string(),
  }),
  key: (row) => row.name,
  label: (row) => row.name,
  reading: { type: 'state' },
  fresh_hours: 9480,
})
