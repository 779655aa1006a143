// SPDX-License-Identifier: Apache-2.0
import { Problem } from '../problem.ts'
import { Button } from './Button.tsx'
import { Mark } from './Mark.tsx'

/** What went wrong, why, what to do, and under which id the server's log has it. */
export function Trouble({ error, retry }: { error: Error; retry?: () => void }) {
  const problem = error instanceof Problem ? error : undefined
  return (
    <div role="alert" className="rounded border border-line-strong bg-surface px-5 py-4">
      <p className="flex items-center gap-2 font-medium">
        <Mark tone={problem?.status === 403 ? 'except' : 'fail'} />
        {problem?.title ?? 'This page broke'}
      </p>
      <p className="prose-line mt-1 break-words text-ink-2 first-letter:uppercase">{error.message}</p>
      {problem?.requestId && (
        <p className="mt-2 text-sm text-ink-3">
          Request <code className="font-mono text-xs select-all">{problem.requestId}</code>
        </p>
      )}
      {retry && problem?.status !== 403 && problem?.status !== 404 && (
        <div className="mt-3">
          <Button onClick={retry}>Try again</Button>
        </div>
      )}
    </div>
  )
}
