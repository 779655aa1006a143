// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { day, kind } from '../kind.ts'

export const person = kind({
  id: 'person',
  version: 1,
  says: 'Somebody who works for the organisation, and from when to when.',
  schema: z.strictObject({
    id: z.string(),
    name: z.string(),
    email: z.string(),
    type: z.enum(['employee', 'contractor']),
    title: z.string().nullable(),
    manager: z.string().nullable(),
    started_on: day(),
    ended_on: day().nullable(),
  }),
  key: (row) => row.id,
  label: (row) => row.name,
  reading: { type: 'state' },
  fresh_hours: 768,
})
