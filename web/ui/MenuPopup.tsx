// SPDX-License-Identifier: Apache-2.0
import { Menu as Base } from '@base-ui/react/menu'
import { Check } from 'lucide-react'
import type { MenuEntry, MenuProps } from './Menu.tsx'

const ITEM =
  'flex min-h-8 cursor-default items-center gap-2 rounded-sm px-2 text-base outline-none select-none data-disabled:text-ink-3 data-highlighted:bg-hover [&_svg]:size-4 [&_svg]:text-ink-3'

/** The menu itself, open from the start: it was fetched because its button was pressed. */
export function MenuPopup({ trigger, entries, align = 'end' }: MenuProps) {
  return (
    <Base.Root modal={false} defaultOpen>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner align={align} sideOffset={6} className="z-50 outline-none">
          <Base.Popup className="appears floats max-h-(--available-height) max-w-[min(288px,calc(100vw-24px))] min-w-48 origin-(--transform-origin) overflow-y-auto p-1 outline-none">
            {entries.map((entry, i) => (
              <Entry key={keyOf(entry, i)} entry={entry} />
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}

const keyOf = (entry: MenuEntry, i: number): string =>
  entry.kind === 'line' ? `line ${i}` : entry.kind === 'words' ? entry.id : `${entry.kind} ${entry.label}`

function Entry({ entry }: { entry: MenuEntry }) {
  switch (entry.kind) {
    case 'item':
      return (
        <Base.Item onClick={entry.onClick} className={ITEM}>
          {entry.icon}
          {entry.label}
        </Base.Item>
      )
    case 'check':
      return (
        <Base.CheckboxItem checked={entry.on} onCheckedChange={entry.onChange} closeOnClick={false} className={ITEM}>
          <span className="flex size-4 items-center justify-center">{entry.on && <Check size={16} />}</span>
          {entry.icon}
          {entry.label}
        </Base.CheckboxItem>
      )
    case 'group':
      return (
        <Base.Group>
          <Base.GroupLabel className="px-2 pt-2 pb-1 text-xs font-medium text-ink-3">{entry.label}</Base.GroupLabel>
          {entry.entries.map((inner, i) => (
            <Entry key={keyOf(inner, i)} entry={inner} />
          ))}
        </Base.Group>
      )
    case 'line':
      return <Base.Separator className="-mx-1 my-1 h-px bg-line" />
    case 'words':
      return <div className="px-2 pt-1.5 pb-2">{entry.content}</div>
    default:
      return entry satisfies never
  }
}
