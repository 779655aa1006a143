// SPDX-License-Identifier: Apache-2.0
import { Mono } from '../../web/ui/Code.tsx'
import { Fact, Facts } from '../../web/ui/Text.tsx'

/** The fields of one fact; what the source says nothing about is said so. */
export function FactBody({ body }: { body: Readonly<Record<string, unknown>> }) {
  return (
    <Facts>
      {Object.entries(body).map(([name, value]) => (
        <Fact key={name} name={name.replaceAll('_', ' ')}>
          <FactValue value={value} />
        </Fact>
      ))}
    </Facts>
  )
}

function FactValue({ value }: { value: unknown }) {
  if (value === null) return <span className="text-ink-3">not said</span>
  if (Array.isArray(value))
    return value.length === 0 ? <span className="text-ink-3">none</span> : <>{value.map(String).join(', ')}</>
  if (typeof value === 'boolean') return <>{value ? 'yes' : 'no'}</>
  if (typeof value === 'number') return <span className="tabular">{String(value)}</span>
  if (typeof value === 'string') return <Mono>{value}</Mono>
  return <Mono>{JSON.stringify(value)}</Mono>
}
