// SPDX-License-Identifier: Apache-2.0
import type { Output } from '../../web/client.ts'
import { Mark } from '../../web/ui/Mark.tsx'
import { capital, count } from '../../web/words.ts'
import { COMPONENT_IDS, COMPONENT_NAMES, COMPONENT_SAYS, percent, type ComponentId } from './readiness-looks.ts'

type Control = Output<'readiness.control'>
type Components = NonNullable<Control['components']>

/** What is counted of a control's operation. */
const UNITS: Readonly<Record<string, string>> = { continuous: 'day', event_driven: 'item' }

/** The four components in words: what holds, what does not, and why. */
export function ComponentCards({
  components,
  weights,
  frequency,
}: {
  components: Components
  weights: Control['weights']
  frequency: Control['frequency']
}) {
  const unit = UNITS[frequency] ?? 'time'
  return (
    <ul className="grid gap-x-8 gap-y-4 border-y border-line py-4 sm:grid-cols-2 xl:grid-cols-4">
      {COMPONENT_IDS.map((id) => (
        <li key={id}>
          <p className="flex items-center gap-1.5 font-medium">
            <Mark tone={toneOf(components[id].value)} />
            {COMPONENT_NAMES[id]}
            <span className="font-normal text-ink-3" title={`Weighs ${percent(weights[id])} of the control's score`}>
              {valueText(id, components, unit)}
            </span>
          </p>
          {components[id].reasons.length === 0 ? (
            <p className="mt-1 text-sm text-ink-2">{silenceOf(id, components) ?? COMPONENT_SAYS[id]}</p>
          ) : (
            <ul className="mt-1 flex flex-col gap-0.5 text-sm text-ink-2">
              {components[id].reasons.map((reason) => (
                <li key={reason}>{capital(reason)}</li>
              ))}
            </ul>
          )}
        </li>
      ))}
    </ul>
  )
}

const toneOf = (value: number | null): 'pass' | 'late' | 'idle' =>
  value === 1 ? 'pass' : value === null || value === 0 ? 'idle' : 'late'

function valueText(id: ComponentId, components: Components, unit: string): string {
  const { value } = components[id]
  if (value === null) return 'not asked'
  if (id === 'O' && components.O.expected > 0) return `${components.O.passed} of ${count(components.O.expected, unit)}`
  return value === 1 ? 'yes' : value === 0 ? 'no' : percent(value)
}

/** Why there was nothing to expect of the operation. */
function silenceOf(id: ComponentId, { O }: Components): string | undefined {
  if (id !== 'O' || O.none_because === null) return undefined
  if (O.none_because === 'not_triggered') return 'Nothing happened yet that it answers to'
  if (O.none_because === 'not_due') return 'It was not due yet in the period'
  return 'There are no data to tell'
}
