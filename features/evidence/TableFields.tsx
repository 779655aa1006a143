// SPDX-License-Identifier: Apache-2.0
import type { Input } from '../../web/client.ts'
import { BOX } from '../../web/form/box.ts'
import { SelectField, TextField } from '../../web/form/fields.tsx'
import { useAsk } from '../../web/operations.ts'
import { Select } from '../../web/ui/Select.tsx'
import { sentence } from '../../web/words.ts'
import { matchColumns } from './sniff.ts'

interface Kind {
  readonly id: string
  readonly fields: readonly { readonly name: string; readonly type: string; readonly nullable: boolean }[]
}

export interface TableDraft {
  readonly kind: Kind | undefined
  /** Field to header. */
  readonly columns: Readonly<Record<string, string>>
  /** Field to a text for every row. */
  readonly constants: Readonly<Record<string, string>>
  readonly declared: string
}
export const EMPTY_TABLE: TableDraft = { kind: undefined, columns: {}, constants: {}, declared: '' }

type Table = NonNullable<Input<'evidence.import'>['table']>

export const tableOf = (draft: TableDraft): Table => ({
  kind: draft.kind?.id ?? '',
  columns: { ...draft.columns },
  constants: { ...draft.constants },
  ...(draft.declared === '' ? {} : { declared_rows: Number(draft.declared) }),
})

/** What keeps the table from being read, in words; undefined when nothing does. */
export function missingOf({ kind, columns, constants }: TableDraft): string | undefined {
  if (!kind) return 'Say first what its rows are'
  const missing = kind.fields.filter(
    (field) => !field.nullable && columns[field.name] === undefined && (constants[field.name] ?? '') === '',
  )
  return missing.length > 0 ? `Still without a column: ${missing.map((field) => field.name).join(', ')}` : undefined
}

const CONSTANT = '= the same for every row'
const NOTHING = 'The table does not say'

/** Which column of a table fills which field of a kind. */
export function TableFields({
  headers,
  draft,
  onChange,
}: {
  headers: readonly string[]
  draft: TableDraft
  onChange: (draft: TableDraft) => void
}) {
  const kinds = useAsk('kinds.list', {}, { now: true })
  const rows = kinds.data?.rows ?? []
  return (
    <>
      <SelectField
        label="What its rows are"
        pointer="/table/kind"
        value={draft.kind?.id}
        choices={rows
          .filter((kind) => kind.id !== 'document')
          .map((kind) => ({ value: kind.id, label: sentence(kind.id), says: kind.says }))}
        onChange={(id) => {
          const kind = rows.find((other) => other.id === id)
          onChange({
            ...draft,
            kind,
            constants: {},
            columns: matchColumns(kind?.fields.map((field) => field.name) ?? [], headers),
          })
        }}
      />
      {draft.kind && (
        <fieldset>
          <legend className="mb-2 font-medium">Columns</legend>
          <table className="w-full text-sm">
            <thead className="text-left text-xs text-ink-3">
              <tr>
                <th className="h-8 w-2/5 font-medium">Field</th>
                <th className="h-8 font-medium">Column of the table</th>
              </tr>
            </thead>
            <tbody>
              {draft.kind.fields.map((field) => (
                <MappedField key={field.name} field={field} headers={headers} draft={draft} onChange={onChange} />
              ))}
            </tbody>
          </table>
        </fieldset>
      )}
      <TextField
        label="How many rows there should be"
        help="Counted in the source, by another way than this file; a difference is shown loudly"
        optional
        type="number"
        min={0}
        pointer="/table/declared_rows"
        value={draft.declared}
        onChange={(declared) => onChange({ ...draft, declared })}
      />
    </>
  )
}

function MappedField({
  field,
  headers,
  draft,
  onChange,
}: {
  field: Kind['fields'][number]
  headers: readonly string[]
  draft: TableDraft
  onChange: (draft: TableDraft) => void
}) {
  const constant = draft.constants[field.name]
  const choose = (choice: string): void => {
    const { [field.name]: _, ...columns } = draft.columns
    const { [field.name]: __, ...constants } = draft.constants
    if (choice === CONSTANT) onChange({ ...draft, columns, constants: { ...constants, [field.name]: '' } })
    else if (choice === NOTHING) onChange({ ...draft, columns, constants })
    else onChange({ ...draft, constants, columns: { ...columns, [field.name]: choice } })
  }
  return (
    <tr className="border-t border-line align-top">
      <td className="py-2 pr-3">
        {sentence(field.name)} <span className="text-xs text-ink-3">{field.type}</span>
        {!field.nullable && <span className="block text-xs text-ink-3">needed</span>}
      </td>
      <td className="py-1.5">
        <Select
          small
          label={`Column for ${field.name}`}
          value={constant !== undefined ? CONSTANT : (draft.columns[field.name] ?? NOTHING)}
          choices={[...new Set([NOTHING, CONSTANT, ...headers])].map((value) => ({ value, label: value }))}
          onChange={choose}
        />
        {constant !== undefined && (
          <input
            aria-label={`Text for ${field.name} in every row`}
            value={constant}
            className={`${BOX} mt-1 h-7`}
            onChange={(event) =>
              onChange({ ...draft, constants: { ...draft.constants, [field.name]: event.target.value } })
            }
          />
        )}
      </td>
    </tr>
  )
}
