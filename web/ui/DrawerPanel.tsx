// SPDX-License-Identifier: Apache-2.0
import { Dialog as Base } from '@base-ui/react/dialog'
import { Link } from '@tanstack/react-router'
import { Maximize2, X } from 'lucide-react'
import { useRef, type ReactNode } from 'react'

export interface DrawerProps {
  open: boolean
  onClose: () => void
  title: ReactNode
  says?: ReactNode
  /** The thing's own page. */
  page?: string | undefined
  children: ReactNode
}

/** One thing at the right, without leaving the list: the list stays usable, Esc closes. */
export function DrawerPanel({ open, onClose, title, says, page, children }: DrawerProps) {
  const popup = useRef<HTMLDivElement>(null)
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()} modal={false} disablePointerDismissal>
      <Base.Portal>
        <Base.Popup
          ref={popup}
          initialFocus={popup}
          className="appears floats fixed inset-y-0 right-0 z-30 flex w-full max-w-160 flex-col rounded-none outline-none data-ending-style:translate-x-4 data-starting-style:translate-x-4 sm:inset-y-2 sm:right-2 sm:w-[calc(100vw-48px)] sm:rounded print:hidden"
        >
          <div className="flex items-start gap-2 border-b border-line px-5 pt-4 pb-3">
            <div className="min-w-0 flex-1">
              <Base.Title className="text-lg font-semibold">{title}</Base.Title>
              {says && <Base.Description className="mt-0.5 text-sm text-ink-2">{says}</Base.Description>}
            </div>
            {page && (
              <Link
                to={page}
                aria-label="Open as a page"
                title="Open as a page"
                className="rounded p-1.5 text-ink-3 hover:bg-hover hover:text-ink"
              >
                <Maximize2 size={16} />
              </Link>
            )}
            <Base.Close aria-label="Close" className="rounded p-1.5 text-ink-3 hover:bg-hover hover:text-ink">
              <X size={16} />
            </Base.Close>
          </div>
          <div className="min-h-0 flex-1 overflow-y-auto px-5 py-4">{children}</div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}
