// SPDX-License-Identifier: Apache-2.0
import type { InputHTMLAttributes } from 'react'
import { cx } from '../class-names.ts'
import { Select, type Choice } from '../ui/Select.tsx'
import { BOX } from './box.ts'
import { Field, type FieldProps } from './Field.tsx'

type TextProps = FieldProps & {
  value: string
  onChange: (value: string) => void
} & Pick<
    InputHTMLAttributes<HTMLInputElement>,
    | 'type'
    | 'placeholder'
    | 'autoComplete'
    | 'inputMode'
    | 'autoFocus'
    | 'required'
    | 'min'
    | 'max'
    | 'spellCheck'
    | 'disabled'
  >

export function TextField({ label, help, pointer, optional, value, onChange, type = 'text', ...rest }: TextProps) {
  return (
    <Field label={label} help={help} {...(pointer ? { pointer } : {})} {...(optional ? { optional } : {})}>
      {({ id, invalid, describedBy }) => (
        <input
          {...rest}
          id={id}
          type={type}
          value={value}
          aria-invalid={invalid || undefined}
          aria-describedby={describedBy}
          onChange={(event) => onChange(event.target.value)}
          className={cx(BOX, 'h-8', (type === 'date' || type === 'number') && 'max-w-44')}
        />
      )}
    </Field>
  )
}

export function TextArea({
  label,
  help,
  pointer,
  optional,
  value,
  onChange,
  rows = 4,
  mono,
  placeholder,
}: FieldProps & {
  value: string
  onChange: (value: string) => void
  rows?: number
  mono?: boolean
  placeholder?: string
}) {
  return (
    <Field label={label} help={help} {...(pointer ? { pointer } : {})} {...(optional ? { optional } : {})}>
      {({ id, invalid, describedBy }) => (
        <textarea
          id={id}
          rows={rows}
          value={value}
          placeholder={placeholder}
          spellCheck={!mono}
          aria-invalid={invalid || undefined}
          aria-describedby={describedBy}
          onChange={(event) => onChange(event.target.value)}
          className={cx(BOX, 'resize-y py-1.5', mono && 'font-mono text-xs leading-5')}
        />
      )}
    </Field>
  )
}

export function SelectField({
  label,
  help,
  pointer,
  optional,
  value,
  onChange,
  choices,
  placeholder,
}: FieldProps & {
  value: string | undefined
  onChange: (value: string) => void
  choices: readonly Choice[]
  placeholder?: string
}) {
  return (
    <Field label={label} help={help} {...(pointer ? { pointer } : {})} {...(optional ? { optional } : {})}>
      {(wired) => (
        <Select
          value={value}
          onChange={onChange}
          choices={choices}
          {...(placeholder ? { placeholder } : {})}
          {...wired}
        />
      )}
    </Field>
  )
}
