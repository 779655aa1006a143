// SPDX-License-Identifier: Apache-2.0
import { useId, type ReactNode } from 'react'
import { useFaults } from './Form.tsx'

const BOX = 'mt-0.5 size-4 shrink-0 accent-accent'

/** A yes or no, with its words at the right. */
export function CheckField({
  label,
  help,
  value,
  onChange,
  disabled,
}: {
  label: ReactNode
  help?: ReactNode
  value: boolean
  onChange: (value: boolean) => void
  disabled?: boolean
}) {
  const id = useId()
  return (
    <div className="flex gap-2.5">
      <input
        id={id}
        type="checkbox"
        checked={value}
        disabled={disabled}
        aria-describedby={help ? `${id}-help` : undefined}
        onChange={(event) => onChange(event.target.checked)}
        className={BOX}
      />
      <div>
        <label htmlFor={id}>{label}</label>
        {help && (
          <p id={`${id}-help`} className="prose-line text-sm text-ink-2">
            {help}
          </p>
        )}
      </div>
    </div>
  )
}

export interface RadioChoice {
  readonly value: string
  readonly label: ReactNode
  readonly says?: ReactNode
}

/** One of a few, each with a sentence. */
export function RadioField({
  label,
  value,
  onChange,
  choices,
  pointer,
}: {
  label: ReactNode
  value: string | undefined
  onChange: (value: string) => void
  choices: readonly RadioChoice[]
  pointer?: string
}) {
  const name = useId()
  const faults = useFaults(pointer)
  return (
    <fieldset className="flex flex-col gap-2" aria-describedby={faults.length > 0 ? `${name}-fault` : undefined}>
      <legend className="mb-1.5 font-medium">{label}</legend>
      {choices.map((choice) => (
        <label key={choice.value} className="flex gap-2.5">
          <input
            type="radio"
            name={name}
            value={choice.value}
            checked={choice.value === value}
            onChange={() => onChange(choice.value)}
            className={BOX}
          />
          <span>
            {choice.label}
            {choice.says && <span className="prose-line block text-sm text-ink-2">{choice.says}</span>}
          </span>
        </label>
      ))}
      {faults.length > 0 && (
        <p id={`${name}-fault`} className="text-sm text-fail-text first-letter:uppercase">
          {faults.join('; ')}
        </p>
      )}
    </fieldset>
  )
}

/** A question with two answers, side by side. */
export function YesNoField({
  label,
  help,
  pointer,
  value,
  onChange,
}: {
  label: ReactNode
  help?: ReactNode
  pointer?: string
  value: boolean | undefined
  onChange: (value: boolean) => void
}) {
  const name = useId()
  const faults = useFaults(pointer)
  return (
    <fieldset aria-describedby={help ? `${name}-help` : undefined}>
      <legend className="mb-1.5 font-medium">{label}</legend>
      <div className="inline-flex rounded border border-line-strong bg-surface p-0.5">
        {([true, false] as const).map((answer) => (
          <label
            key={String(answer)}
            className="flex h-7 min-w-14 items-center justify-center rounded-sm px-3 text-ink-2 hover:text-ink has-checked:bg-accent has-checked:font-medium has-checked:text-accent-ink has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent"
          >
            <input
              type="radio"
              name={name}
              className="sr-only"
              checked={value === answer}
              onChange={() => onChange(answer)}
            />
            {answer ? 'Yes' : 'No'}
          </label>
        ))}
      </div>
      {faults.length > 0 && <p className="mt-1 text-sm text-fail-text first-letter:uppercase">{faults.join('; ')}</p>}
      {help && (
        <p id={`${name}-help`} className="prose-line mt-1.5 text-sm text-ink-2">
          {help}
        </p>
      )}
    </fieldset>
  )
}
