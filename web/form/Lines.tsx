// SPDX-License-Identifier: Apache-2.0
import type { ReactNode } from 'react'
import { TextArea } from './fields.tsx'

/** Several short texts, one a line. */
export function Lines({
  label,
  help,
  pointer,
  value,
  onChange,
  rows = 4,
  placeholder,
}: {
  label: string
  help?: ReactNode
  pointer?: string
  value: readonly string[]
  onChange: (value: string[]) => void
  rows?: number
  placeholder?: string
}) {
  return (
    <TextArea
      label={label}
      help={help ?? 'One a line'}
      {...(pointer ? { pointer } : {})}
      {...(placeholder ? { placeholder } : {})}
      rows={rows}
      value={value.join('\n')}
      onChange={(text) => onChange(text.split('\n'))}
    />
  )
}
