// SPDX-License-Identifier: Apache-2.0
import { useId, type ReactNode } from 'react'
import { useFaults } from './Form.tsx'

export interface FieldProps {
  label: ReactNode
  /** One sentence under the field. */
  help?: ReactNode
  /** JSON pointer of the input it fills: `/statement`. */
  pointer?: string
  optional?: boolean
}

export interface Wired {
  id: string
  invalid: boolean
  describedBy: string | undefined
}

/** Label above, help beneath, error beside the help; wires their ids to whatever control is drawn. */
export function Field({
  label,
  help,
  pointer,
  optional,
  children,
}: FieldProps & { children: (wired: Wired) => ReactNode }) {
  const id = useId()
  const faults = useFaults(pointer)
  const invalid = faults.length > 0
  const describedBy = [help ? `${id}-help` : '', invalid ? `${id}-fault` : ''].filter(Boolean).join(' ') || undefined
  return (
    <div className="flex flex-col gap-1.5">
      <label htmlFor={id} className="font-medium">
        {label}
        {optional && <span className="ml-0.5 font-normal text-ink-3"> optional</span>}
      </label>
      {children({ id, invalid, describedBy })}
      {invalid && (
        <p id={`${id}-fault`} className="text-sm text-fail-text first-letter:uppercase">
          {faults.join('; ')}
        </p>
      )}
      {help && (
        <p id={`${id}-help`} className="prose-line text-sm text-ink-2">
          {help}
        </p>
      )}
    </div>
  )
}
