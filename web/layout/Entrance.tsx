// SPDX-License-Identifier: Apache-2.0
import type { ReactNode } from 'react'
import { Logo } from './Logo.tsx'

/** A page before anybody is signed in: one column, one question. */
export function Entrance({ title, says, children }: { title: string; says?: ReactNode; children: ReactNode }) {
  return (
    <main className="mx-auto flex w-full max-w-105 flex-col gap-6 px-5 py-12 sm:py-20">
      <title>{`${title} · Assay`}</title>
      <Logo />
      <div>
        <h1 className="text-xl font-semibold">{title}</h1>
        {says && <div className="mt-1 text-ink-2">{says}</div>}
      </div>
      {children}
    </main>
  )
}
