// SPDX-License-Identifier: Apache-2.0
import { Plus, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button } from '../ui/Button.tsx'

/** Several of the same: each with its fields and a way to take it out, one more at the end. */
export function Repeat<T>({
  label,
  help,
  items,
  onChange,
  blank,
  add,
  children,
}: {
  label: string
  help?: ReactNode
  items: readonly T[]
  onChange: (items: T[]) => void
  blank: () => T
  /** Words of the button that adds one. */
  add: string
  children: (item: T, change: (part: Partial<T>) => void, index: number) => ReactNode
}) {
  return (
    <fieldset className="flex flex-col gap-3">
      <legend className="mb-1 font-medium">{label}</legend>
      {help && <p className="prose-line text-sm text-ink-2">{help}</p>}
      {items.map((item, i) => (
        <div key={i} className="flex gap-2 border-l-2 border-line pl-3">
          <div className="flex min-w-0 flex-1 flex-col gap-3">
            {children(item, (part) => onChange(items.map((other, j) => (j === i ? { ...other, ...part } : other))), i)}
          </div>
          <button
            type="button"
            aria-label={`Take out ${label.toLowerCase()} ${i + 1}`}
            className="self-start rounded p-1.5 text-ink-3 hover:bg-hover hover:text-ink"
            onClick={() => onChange(items.filter((_, j) => j !== i))}
          >
            <X size={16} />
          </button>
        </div>
      ))}
      <div>
        <Button small onClick={() => onChange([...items, blank()])}>
          <Plus /> {add}
        </Button>
      </div>
    </fieldset>
  )
}
