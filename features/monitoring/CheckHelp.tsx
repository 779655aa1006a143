// SPDX-License-Identifier: Apache-2.0
import { useAsk } from '../../web/operations.ts'
import { Section } from '../../web/ui/Text.tsx'
import { Mono } from '../../web/ui/Code.tsx'
import { PlainTable } from '../../web/table/PlainTable.tsx'

/** Beside the editor: the fields that the kind of the text offers. */
export function CheckHelp({ text }: { text: string }) {
  const kinds = useAsk('kinds.list', {}, { now: true })
  const id = /^for:\s*([a-z-]+)/m.exec(text)?.[1]
  const kind = kinds.data?.rows.find((row) => row.id === id)
  return (
    <aside aria-label="Fields and kinds" className="flex flex-col gap-6">
      {kind ? (
        <Section title={`Fields of ${kind.id}`} says={kind.says}>
          <PlainTable
            label={`Fields of ${kind.id}`}
            rows={kind.fields}
            rowKey={(row) => row.name}
            columns={[
              { id: 'name', header: 'subject.', cell: (row) => <Mono>{row.name}</Mono> },
              {
                id: 'type',
                header: 'Type',
                cell: (row) => (
                  <span className="text-ink-2">
                    {row.type}
                    {row.nullable && ' or null'}
                  </span>
                ),
              },
            ]}
          />
        </Section>
      ) : (
        <Section title="Kinds" says="What a check can ask about; name one after for:">
          <ul className="flex flex-col gap-2">
            {kinds.data?.rows.map((row) => (
              <li key={row.id}>
                <Mono>{row.id}</Mono>
                <span className="block text-sm text-ink-2">{row.says}</span>
              </li>
            ))}
          </ul>
        </Section>
      )}
    </aside>
  )
}
