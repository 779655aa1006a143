// SPDX-License-Identifier: Apache-2.0
import { createContext, useContext, useEffect, useRef, type ReactNode } from 'react'
import { useBlocker } from '@tanstack/react-router'
import { Problem } from '../problem.ts'
import { Button } from '../ui/Button.tsx'
import { Kbd } from '../ui/Kbd.tsx'
import { Mark } from '../ui/Mark.tsx'

interface Attempt {
  readonly error: Error | null
  readonly isPending: boolean
}

const FaultsOf = createContext<Error | null>(null)

/** The faults of one field, by its JSON pointer (and of what lies beneath it). */
export function useFaults(pointer: string | undefined): readonly string[] {
  const error = useContext(FaultsOf)
  if (pointer === undefined || !(error instanceof Problem)) return []
  return error.faults
    .filter((fault) => fault.pointer === pointer || fault.pointer.startsWith(`${pointer}/`))
    .map((fault) => fault.detail)
}

interface Props {
  /** The command's state: its error is summed at the top and shown beside the fields. */
  attempt: Attempt
  onSubmit: () => void
  submit: string
  children: ReactNode
  /** Leaving asks first. */
  dirty?: boolean
  onCancel?: (() => void) | undefined
  because?: string | false | undefined
  danger?: boolean
  /** A short form of one-line fields, where Enter alone sends: no hint of the key. */
  plain?: boolean
}

/** The one form: one column, errors summed at the top and beside the fields, Ctrl-Enter sends. */
export function Form({ attempt, onSubmit, submit, children, dirty = false, onCancel, because, danger, plain }: Props) {
  const top = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (attempt.error) top.current?.focus()
  }, [attempt.error])
  useBlocker({
    shouldBlockFn: ({ current, next }) =>
      current.pathname !== next.pathname && !window.confirm('Leave without saving what you have changed?'),
    enableBeforeUnload: dirty,
    disabled: !dirty || attempt.isPending,
  })
  const send = (): void => {
    if (!because && !attempt.isPending) onSubmit()
  }
  return (
    <FaultsOf value={attempt.error}>
      <form
        noValidate
        className="flex max-w-160 flex-col gap-5"
        onSubmit={(event) => {
          event.preventDefault()
          send()
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
            event.preventDefault()
            send()
          }
        }}
      >
        {attempt.error && <Summary error={attempt.error} focus={top} />}
        {children}
        <div className="flex items-center gap-2 pt-1">
          <Button type="submit" weight={danger ? 'danger' : 'primary'} busy={attempt.isPending} because={because}>
            {submit}
          </Button>
          {onCancel && (
            <Button weight="quiet" onClick={onCancel}>
              Cancel
            </Button>
          )}
          {!plain && (
            <span className="ml-2 hidden items-center gap-1 text-sm text-ink-3 sm:inline-flex">
              <Kbd>Ctrl</Kbd>
              <Kbd>Enter</Kbd>
            </span>
          )}
        </div>
      </form>
    </FaultsOf>
  )
}

function Summary({ error, focus }: { error: Error; focus: React.RefObject<HTMLDivElement | null> }) {
  const problem = error instanceof Problem ? error : undefined
  const many = (problem?.faults.length ?? 0) > 1
  return (
    <div ref={focus} tabIndex={-1} role="alert" className="rounded bg-fail-soft px-4 py-3 text-fail-text outline-none">
      <p className="flex items-center gap-2 font-medium">
        <Mark tone="fail" />
        {problem?.title ?? 'This could not be saved'}
      </p>
      {many ? (
        <ul className="mt-1 list-disc pl-9">
          {problem?.faults.map((fault) => (
            <li key={fault.pointer + fault.detail}>
              {fieldName(fault.pointer)}: {fault.detail}
            </li>
          ))}
        </ul>
      ) : (
        <p className="mt-1 pl-5.5 break-words first-letter:uppercase">{error.message}</p>
      )}
      {problem?.requestId && <p className="mt-1 pl-5.5 font-mono text-xs">Request {problem.requestId}</p>}
    </div>
  )
}

const fieldName = (pointer: string): string =>
  pointer
    .replace(/^\/(config|secrets|changes|scope|table)(?=\/)/, '')
    .slice(1)
    .replaceAll('/', ' ')
    .replaceAll('_', ' ') || 'The form'
