// SPDX-License-Identifier: Apache-2.0
import { Dialog as Base } from '@base-ui/react/dialog'
import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { cx } from '../class-names.ts'

export interface DialogProps {
  open: boolean
  onClose: () => void
  title: ReactNode
  /** One sentence under the title. */
  says?: ReactNode
  children?: ReactNode
  /** Buttons, right aligned; the last is the main one. */
  actions?: ReactNode
  wide?: boolean
}

/** The one dialog: a question that must be answered, or a form, over the page. */
export function DialogBox({ open, onClose, title, says, children, actions, wide }: DialogProps) {
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="appears fixed inset-0 z-40 bg-black/30 dark:bg-black/50" />
        <Base.Popup
          className={cx(
            'appears floats fixed top-1/2 left-1/2 z-40 flex max-h-[calc(100dvh-48px)] w-[calc(100vw-32px)] -translate-x-1/2 -translate-y-1/2 flex-col outline-none',
            wide ? 'max-w-200' : 'max-w-120',
          )}
        >
          <div className="flex items-start gap-4 px-6 pt-5 pb-3">
            <div className="min-w-0 flex-1">
              <Base.Title className="text-lg font-semibold">{title}</Base.Title>
              {says && <Base.Description className="mt-1 text-ink-2">{says}</Base.Description>}
            </div>
            <Base.Close aria-label="Close" className="-mr-2 rounded p-1.5 text-ink-3 hover:bg-hover hover:text-ink">
              <X size={16} />
            </Base.Close>
          </div>
          <div className="min-h-0 flex-1 overflow-y-auto px-6 pt-1 pb-5">{children}</div>
          {actions && <div className="flex flex-wrap justify-end gap-2 border-t border-line px-6 py-3">{actions}</div>}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}
