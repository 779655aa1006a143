// SPDX-License-Identifier: Apache-2.0
import { Select as Base } from '@base-ui/react/select'
import { Check, ChevronsUpDown } from 'lucide-react'
import { cx } from '../class-names.ts'

export interface Choice {
  readonly value: string
  readonly label: string
  readonly says?: string | undefined
}

interface Props {
  value: string | undefined
  onChange: (value: string) => void
  choices: readonly Choice[]
  placeholder?: string
  /** Needed when no visible label names it. */
  label?: string
  id?: string
  invalid?: boolean
  describedBy?: string | undefined
  small?: boolean
}

/** One of a few. More than about twelve choices use a search field instead. */
export function Select({
  value,
  onChange,
  choices,
  placeholder = 'Choose',
  label,
  id,
  invalid,
  describedBy,
  small,
}: Props) {
  const items = choices.map((choice) => ({ value: choice.value, label: choice.label }))
  return (
    <Base.Root
      items={items}
      value={value ?? null}
      onValueChange={(next: string | null) => next !== null && onChange(next)}
      modal={false}
    >
      <Base.Trigger
        id={id}
        aria-label={label}
        aria-invalid={invalid || undefined}
        aria-describedby={describedBy}
        className={cx(
          'flex w-full min-w-0 items-center justify-between gap-2 rounded border border-line-strong bg-surface px-2.5 text-left hover:bg-hover aria-invalid:border-fail-mark',
          small ? 'h-7 text-sm' : 'h-8',
        )}
      >
        <Base.Value className="truncate data-placeholder:text-ink-3" placeholder={placeholder} />
        <Base.Icon className="text-ink-3">
          <ChevronsUpDown size={14} />
        </Base.Icon>
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner sideOffset={4} alignItemWithTrigger={false} className="z-50 outline-none">
          <Base.Popup className="appears floats max-h-(--available-height) max-w-120 min-w-(--anchor-width) overflow-y-auto p-1 outline-none">
            {choices.map((choice) => (
              <Base.Item
                key={choice.value}
                value={choice.value}
                className="grid min-h-8 cursor-default grid-cols-[16px_1fr] items-center gap-x-2 rounded-sm px-2 py-1 outline-none select-none data-highlighted:bg-hover"
              >
                <Base.ItemIndicator className="col-start-1">
                  <Check size={14} />
                </Base.ItemIndicator>
                <Base.ItemText className="col-start-2">{choice.label}</Base.ItemText>
                {choice.says && <span className="col-start-2 text-sm text-ink-2">{choice.says}</span>}
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}
