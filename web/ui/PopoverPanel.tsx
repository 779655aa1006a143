// SPDX-License-Identifier: Apache-2.0
import { Popover as Base } from '@base-ui/react/popover'
import { useState } from 'react'
import type { PopoverProps } from './Popover.tsx'

/** The panel itself, open from the start: it was fetched because its button was pressed. */
export function PopoverPanel({ trigger, title, children }: PopoverProps) {
  const [open, setOpen] = useState(true)
  return (
    <Base.Root open={open} onOpenChange={setOpen}>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner align="end" sideOffset={6} className="z-50">
          <Base.Popup className="appears floats max-h-(--available-height) w-80 max-w-(--available-width) overflow-y-auto p-4 outline-none">
            <Base.Title className="mb-2 text-base font-semibold">{title}</Base.Title>
            {children(() => setOpen(false))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}
