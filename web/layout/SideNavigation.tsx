// SPDX-License-Identifier: Apache-2.0
import { Dialog as Base } from '@base-ui/react/dialog'
import { Navigation } from './Navigation.tsx'

/** The navigation over the page, where the screen is too narrow to keep it in sight. */
export function SideNavigation({ due, onClose }: { due: Readonly<Record<string, number>>; onClose: () => void }) {
  return (
    <Base.Root open onOpenChange={(open) => !open && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="appears fixed inset-0 z-30 bg-black/30" />
        <Base.Popup className="appears floats fixed inset-y-0 left-0 z-30 w-64 rounded-none outline-none">
          <Base.Title className="sr-only">Navigation</Base.Title>
          <Navigation due={due} onGo={onClose} />
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}
