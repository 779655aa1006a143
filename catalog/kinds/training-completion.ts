// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { day, instant, keyOfParts, kind } from '../kind.ts'

export const trainingCompletion = kind({
  id: 'training-completion',
  version: 1,
  says: 'Somebody completed a course.',
  schema: z.strictObject({
    person: z.string(),
    course: z.string(),
    completed_at: instant(),
    expires_on: day().nullable(),
  }),
  key: (row) => keyOfParts(row.person, row.course, row.completed_at),
  label: (row) => `${row.course}: ${row.person}`,
  reading: { type: 'event', at: 'completed_at' },
  fresh_hours: 768,
})
