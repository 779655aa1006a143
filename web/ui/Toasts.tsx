// SPDX-License-Identifier: Apache-2.0
import { X } from 'lucide-react'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { dismiss, toasts, type Toast } from './toasts.ts'

const STAYS_MS = 6000

/** Where the toasts appear: bottom right, announced politely; they stay while the pointer or the focus is on them. */
export function Toasts() {
  const shown = useSyncExternalStore(toasts.subscribe, toasts.get)
  const [held, setHeld] = useState(false)
  return (
    <section
      aria-label="What was just done"
      aria-live="polite"
      className="fixed right-4 bottom-4 z-50 flex w-90 max-w-[calc(100vw-32px)] flex-col gap-2 print:hidden"
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      {shown.map((toast) => (
        <One key={toast.id} toast={toast} held={held} />
      ))}
    </section>
  )
}

function One({ toast, held }: { toast: Toast; held: boolean }) {
  useEffect(() => {
    if (held) return undefined
    const timer = setTimeout(() => dismiss(toast.id), STAYS_MS)
    return () => clearTimeout(timer)
  }, [toast.id, held])
  return (
    <div className="floats flex items-start gap-3 p-3 pl-4">
      <div className="min-w-0 flex-1">
        <p className="font-medium">{toast.title}</p>
        {toast.description && <p className="mt-0.5 text-sm text-ink-2">{toast.description}</p>}
      </div>
      <button
        type="button"
        aria-label="Dismiss"
        className="rounded p-0.5 text-ink-3 hover:bg-hover hover:text-ink"
        onClick={() => dismiss(toast.id)}
      >
        <X size={14} />
      </button>
    </div>
  )
}
