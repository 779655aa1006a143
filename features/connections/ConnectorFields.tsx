// SPDX-License-Identifier: Apache-2.0
import type { RowOf } from '../../web/client.ts'
import { SelectField, TextArea, TextField } from '../../web/form/fields.tsx'

type Field = RowOf<'connections.catalog'>['fields'][number]
/** Texts of all fields, by name; a field that was not touched is absent. */
export type Filled = Readonly<Record<string, string>>

/** Whether the other answers call for a field, or for a need. */
export const isWanted = ({ when }: Pick<Field, 'when'>, filled: Filled): boolean =>
  when === undefined || when.is.includes(filled[when.field] ?? '')

/** The fields a connector asks for, in its order, those that the other answers call for. */
export function ConnectorFields({
  fields,
  filled,
  onChange,
  kept,
}: {
  fields: readonly Field[]
  filled: Filled
  onChange: (filled: Filled) => void
  /** Names of secrets that are sealed already. */
  kept: readonly string[]
}) {
  return fields
    .filter((field) => isWanted(field, filled))
    .map((field) => (
      <One
        key={field.name}
        field={field}
        value={filled[field.name] ?? ''}
        isKept={kept.includes(field.name)}
        onChange={(value) => onChange({ ...filled, [field.name]: value })}
      />
    ))
}

function One({
  field,
  value,
  isKept,
  onChange,
}: {
  field: Field
  value: string
  isKept: boolean
  onChange: (value: string) => void
}) {
  const isSecret = field.input === 'secret' || field.input === 'secret-lines'
  const common = {
    label: field.label,
    help: isKept ? `${field.help} One is sealed already; leave this empty to keep it.` : field.help,
    pointer: `/${isSecret ? 'secrets' : 'config'}/${field.name}`,
    value,
    onChange,
    ...(field.required ? {} : { optional: true }),
    ...(field.placeholder ? { placeholder: field.placeholder } : {}),
  }
  if (field.input === 'choice')
    return <SelectField {...common} value={value || undefined} choices={field.options ?? []} />
  if (field.input === 'lines' || field.input === 'secret-lines')
    return <TextArea {...common} rows={3} mono={isSecret} />
  return (
    <TextField
      {...common}
      type={field.input === 'secret' ? 'password' : field.input === 'number' ? 'number' : 'text'}
      autoComplete={field.input === 'secret' ? 'new-password' : 'off'}
      spellCheck={false}
    />
  )
}

/** What the fields say, as the operations take it: settings typed, secrets apart, empty ones left out. */
export function settingsOf(
  fields: readonly Field[],
  filled: Filled,
): { config: Record<string, unknown>; secrets: Record<string, string> } {
  const config: Record<string, unknown> = {}
  const secrets: Record<string, string> = {}
  for (const field of fields) {
    const text = filled[field.name]
    if (text === undefined || text === '' || !isWanted(field, filled)) continue
    if (field.input === 'secret' || field.input === 'secret-lines') secrets[field.name] = text
    else if (field.input === 'number') config[field.name] = Number(text)
    else if (field.input === 'lines')
      config[field.name] = text
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '')
    else config[field.name] = text
  }
  return { config, secrets }
}

/** The other way round, for a connection that is changed. */
export const filledFrom = (fields: readonly Field[], config: Readonly<Record<string, unknown>>): Filled =>
  Object.fromEntries(
    fields.flatMap((field) => {
      const value = config[field.name]
      if (value === undefined || value === null) return []
      return [
        [
          field.name,
          Array.isArray(value)
            ? value.map(String).join('\n')
            : typeof value === 'string'
              ? value
              : JSON.stringify(value),
        ],
      ]
    }),
  )
