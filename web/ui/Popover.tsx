// SPDX-License-Identifier: Apache-2.0
import { Popover as Base } from '@base-ui/react/popover'
import type { ReactElement, ReactNode } from 'react'

/** A small floating panel that belongs to its button. */
export function Popover({
  trigger,
  title,
  children,
  open,
  onOpen,
  align = 'end',
}: {
  trigger: ReactElement
  title: string
  children: ReactNode
  open?: boolean
  onOpen?: (open: boolean) => void
  align?: 'start' | 'center' | 'end'
}) {
  return (
    <Base.Root {...(open === undefined ? {} : { open })} onOpenChange={(next) => onOpen?.(next)}>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner align={align} sideOffset={6} className="z-50">
          <Base.Popup className="appears floats max-h-(--available-height) w-80 max-w-(--available-width) overflow-y-auto p-4 outline-none">
            <Base.Title className="mb-2 text-base font-semibold">{title}</Base.Title>
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}
