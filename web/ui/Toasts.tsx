// SPDX-License-Identifier: Apache-2.0
import { Toast } from '@base-ui/react/toast'
import { X } from 'lucide-react'
import { toasts } from './toasts.ts'

/** Where the toasts appear: bottom right, announced politely, F6 reaches them. */
export function Toasts() {
  return (
    <Toast.Provider toastManager={toasts} limit={3}>
      <Toast.Portal>
        <Toast.Viewport className="fixed right-4 bottom-4 z-50 flex w-90 max-w-[calc(100vw-32px)] flex-col gap-2 print:hidden">
          <List />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  )
}

function List() {
  const { toasts: shown } = Toast.useToastManager()
  return shown.map((toast) => (
    <Toast.Root
      key={toast.id}
      toast={toast}
      className="appears floats p-3 pl-4 data-ending-style:translate-y-2 data-limited:hidden data-starting-style:translate-y-2"
    >
      <Toast.Content className="flex items-start gap-3">
        <div className="min-w-0 flex-1">
          <Toast.Title className="font-medium" />
          <Toast.Description className="mt-0.5 text-sm text-ink-2" />
        </div>
        <Toast.Close aria-label="Dismiss" className="rounded p-0.5 text-ink-3 hover:bg-hover hover:text-ink">
          <X size={14} />
        </Toast.Close>
      </Toast.Content>
    </Toast.Root>
  ))
}
