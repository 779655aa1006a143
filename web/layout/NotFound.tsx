// SPDX-License-Identifier: Apache-2.0
import { Link, useLocation } from '@tanstack/react-router'
import { paths } from '../paths.ts'
import { Logo } from './Logo.tsx'

/** An address that is no page of ours. */
export function NotFound() {
  const { pathname } = useLocation()
  return (
    <main className="mx-auto flex max-w-160 flex-col items-start gap-4 px-6 py-16">
      <title>Not found · Assay</title>
      <Logo />
      <h1 className="text-xl font-semibold">There is no page at this address</h1>
      <p className="text-ink-2">
        <code className="font-mono text-sm break-all">{pathname}</code> may have been moved, or the link may be cut off.
      </p>
      <Link to={paths.overview} className="text-accent underline-offset-2 hover:underline">
        Go to the overview
      </Link>
    </main>
  )
}
