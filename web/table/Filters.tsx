// SPDX-License-Identifier: Apache-2.0
import { ListFilter, Search, X } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useChangeSearch, useSearchTexts } from '../search.ts'
import { Menu } from '../ui/Menu.tsx'

export interface FilterChoice {
  /** Parameter of the address. */
  readonly name: string
  readonly label: string
  readonly choices: readonly { readonly value: string; readonly label: string }[]
}

/** A search box and filter chips; all of it lives in the URL, so a filtered list can be sent to a colleague. */
export function Filters({ filters = [], search }: { filters?: readonly FilterChoice[]; search?: string }) {
  const values = useSearchTexts()
  const change = useChangeSearch()
  const set = filters.filter((filter) => values[filter.name] !== undefined)
  const unset = filters.filter((filter) => values[filter.name] === undefined && filter.choices.length > 0)
  return (
    <>
      {search && (
        <SearchBox label={search} value={values['q'] ?? ''} onChange={(q) => change({ q }, { replace: true })} />
      )}
      {set.map((filter) => (
        <span key={filter.name} className="inline-flex h-7 items-center rounded bg-accent-soft text-sm text-ink">
          <span className="pl-2 text-ink-2">{filter.label}:</span>
          <span className="px-1 font-medium">
            {filter.choices.find((choice) => choice.value === values[filter.name])?.label ?? values[filter.name]}
          </span>
          <button
            type="button"
            aria-label={`Remove the filter ${filter.label}`}
            className="mr-0.5 rounded-sm p-1 text-ink-2 hover:text-ink"
            onClick={() => change({ [filter.name]: undefined })}
          >
            <X size={12} />
          </button>
        </span>
      ))}
      {unset.length > 0 && (
        <Menu
          align="start"
          trigger={
            <button
              type="button"
              className="inline-flex h-7 items-center gap-1.5 rounded border border-dashed border-line-strong px-2 text-sm text-ink-2 hover:bg-hover hover:text-ink"
            >
              <ListFilter size={14} /> Filter
            </button>
          }
          entries={unset.map((filter) => ({
            kind: 'group',
            label: filter.label,
            entries: filter.choices.map((choice) => ({
              kind: 'item',
              label: choice.label,
              onClick: () => change({ [filter.name]: choice.value }),
            })),
          }))}
        />
      )}
    </>
  )
}

const TYPING_MS = 200

function SearchBox({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  const [text, setText] = useState(value)
  useEffect(() => {
    if (text === value) return undefined
    const timer = setTimeout(() => onChange(text), TYPING_MS)
    return () => clearTimeout(timer)
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- only typing starts the clock
  }, [text])
  return (
    <label className="relative">
      <span className="sr-only">{label}</span>
      <Search size={14} className="absolute top-1/2 left-2 -translate-y-1/2 text-ink-3" aria-hidden="true" />
      <input
        type="search"
        value={text}
        placeholder={label}
        onChange={(event) => setText(event.target.value)}
        className="h-7 w-52 rounded border border-line-strong bg-surface pr-2 pl-7 text-sm placeholder:text-ink-3"
      />
    </label>
  )
}
