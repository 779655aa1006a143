// SPDX-License-Identifier: Apache-2.0
import type { ErrorComponentProps } from '@tanstack/react-router'
import { Trouble } from '../ui/Trouble.tsx'

/** A page that broke while it was drawn, or whose code could not be fetched after an update. */
export function PageTrouble({ error }: ErrorComponentProps) {
  return (
    <main className="mx-auto max-w-220 px-6 py-16">
      <Trouble
        error={error instanceof Error ? error : new Error(String(error))}
        retry={() => window.location.reload()}
      />
    </main>
  )
}
