// SPDX-License-Identifier: Apache-2.0
import type { RowOf } from '../../web/client.ts'
import { cx } from '../../web/class-names.ts'
import { COMPONENT_IDS, COMPONENT_NAMES, percent } from './readiness-looks.ts'

type Components = NonNullable<RowOf<'readiness.controls'>['components']>

/** The four components of readiness in four letters: filled, in part, empty, or not asked. */
export function ComponentLetters({ components }: { components: Components | null }) {
  if (!components) return <span className="text-ink-3">Not in effect</span>
  const words = COMPONENT_IDS.map((id) => {
    const { value } = components[id]
    return `${COMPONENT_NAMES[id]}: ${value === null ? 'not asked' : value === 1 ? 'yes' : value === 0 ? 'no' : percent(value)}`
  }).join(', ')
  return (
    <span role="img" aria-label={words} title={words} className="inline-flex gap-0.5">
      {COMPONENT_IDS.map((id) => {
        const { value } = components[id]
        return (
          <span
            key={id}
            aria-hidden="true"
            className={cx(
              'inline-flex size-5 items-center justify-center rounded-sm text-[11px] font-semibold',
              value === null && 'border border-dashed border-line-strong text-ink-3',
              value === 1 && 'bg-pass-soft text-pass-text',
              value === 0 && 'border border-line-strong bg-surface text-ink-3',
              value !== null && value > 0 && value < 1 && 'bg-late-soft text-late-text',
            )}
          >
            {id}
          </span>
        )
      })}
    </span>
  )
}
