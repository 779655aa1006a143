// SPDX-License-Identifier: Apache-2.0
import { Trouble } from '../ui/Trouble.tsx'

/** A page that broke while it was drawn, or whose code could not be fetched after an update. */
export function PageTrouble({ error }: { error: Error }) {
  return (
    <main className="mx-auto max-w-220 px-6 py-16">
      <Trouble error={error} retry={() => window.location.reload()} />
    </main>
  )
}
