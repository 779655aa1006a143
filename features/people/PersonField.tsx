// SPDX-License-Identifier: Apache-2.0
import type { ReactNode } from 'react'
import { SelectField } from '../../web/form/fields.tsx'
import { useAsk } from '../../web/operations.ts'
import { roleText } from '../../web/words.ts'

/** Somebody of management who may sign in. */
export function PersonField({
  label,
  help,
  pointer,
  optional,
  value,
  onChange,
}: {
  label: ReactNode
  help?: ReactNode
  pointer?: string
  optional?: boolean
  value: string | undefined
  onChange: (person: string | undefined) => void
}) {
  const people = useAsk('people.list', { limit: 500 }, { now: true })
  const choices = (people.data?.rows ?? [])
    .filter((person) => person.state === 'active' && person.side === 'management')
    .map((person) => ({
      value: person.id,
      label: person.name ?? person.id,
      says: person.roles.map(roleText).join(', '),
    }))
  return (
    <SelectField
      label={label}
      help={help}
      {...(pointer ? { pointer } : {})}
      {...(optional ? { optional } : {})}
      value={value ?? (optional ? NOBODY : undefined)}
      choices={optional ? [{ value: NOBODY, label: 'Nobody' }, ...choices] : choices}
      onChange={(chosen) => onChange(chosen === NOBODY ? undefined : chosen)}
    />
  )
}

const NOBODY = 'nobody'
