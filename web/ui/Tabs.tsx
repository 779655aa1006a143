// SPDX-License-Identifier: Apache-2.0
import { Tabs as Base } from '@base-ui/react/tabs'
import type { ReactNode } from 'react'
import { useSearchText } from '../search.ts'

export interface Tab {
  readonly id: string
  readonly label: string
  /** Shown beside the label when there is something to see. */
  readonly count?: number | undefined
  readonly content: ReactNode
}

/** Tabs whose choice is in the URL under `name`; the first is the default and stays out of it. */
export function Tabs({ tabs, name = 'tab' }: { tabs: readonly Tab[]; name?: string }) {
  const first = tabs[0]?.id ?? ''
  const [value, setValue] = useSearchText(name)
  const chosen = tabs.some((tab) => tab.id === value) ? value : first
  return (
    <Base.Root value={chosen} onValueChange={(next: string) => setValue(next === first ? undefined : next)}>
      <Base.List className="relative flex gap-5 overflow-x-auto border-b border-line print:hidden">
        {tabs.map((tab) => (
          <Base.Tab
            key={tab.id}
            value={tab.id}
            className="relative -mb-px flex h-9 items-center gap-1.5 border-b-2 border-transparent whitespace-nowrap text-ink-2 hover:text-ink focus-visible:-outline-offset-2 data-active:border-accent data-active:font-medium data-active:text-ink"
          >
            {tab.label}
            {tab.count !== undefined && <span className="tabular text-xs text-ink-3">{tab.count}</span>}
          </Base.Tab>
        ))}
      </Base.List>
      {tabs.map((tab) => (
        <Base.Panel key={tab.id} value={tab.id} className="pt-4 outline-none focus-visible:outline-none">
          {tab.content}
        </Base.Panel>
      ))}
    </Base.Root>
  )
}
