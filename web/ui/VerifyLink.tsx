// SPDX-License-Identifier: Apache-2.0
import type { ReactNode } from 'react'
import { paths } from '../paths.ts'

/** To the verifier, which is a page of its own and loads without the application. */
export function VerifyLink({ children }: { children: ReactNode }) {
  return (
    <a
      href={paths.verify}
      className="text-accent underline decoration-line-strong underline-offset-3 hover:decoration-current"
    >
      {children}
    </a>
  )
}
