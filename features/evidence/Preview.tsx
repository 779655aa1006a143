// SPDX-License-Identifier: Apache-2.0
import { useMutation } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { call, type Output } from '../../web/client.ts'
import { Button } from '../../web/ui/Button.tsx'
import { Skeleton } from '../../web/ui/Skeleton.tsx'
import { Trouble } from '../../web/ui/Trouble.tsx'
import { sizeText } from '../../web/words.ts'

const PART_BYTES = 8192

type Shown = Output<'evidence.preview'>

/** A part of a capture as characters; with a pointer, the part around one fact, which is marked. */
export function Preview({ id, n, pointer }: { id: string; n: number; pointer?: string }) {
  const look = useMutation({
    mutationFn: (offset: number | undefined) =>
      call('evidence.preview', {
        id,
        n,
        length: PART_BYTES,
        ...(offset !== undefined ? { offset } : pointer ? { pointer } : {}),
      }),
  })
  const { mutate } = look
  useEffect(() => mutate(undefined), [mutate, id, n, pointer])
  if (look.error) return <Trouble error={look.error} retry={() => mutate(undefined)} />
  if (!look.data) return <Skeleton className="h-40" />
  const { from, to, size_bytes } = look.data
  return (
    <figure className="rounded border border-line bg-sunken">
      <figcaption className="flex flex-wrap items-center justify-between gap-2 border-b border-line px-3 py-1.5 text-xs text-ink-3">
        <span className="tabular">
          {look.data.encoding === 'hex' ? 'Bytes' : 'Characters'} {from.toLocaleString('en')} to{' '}
          {to.toLocaleString('en')} of {sizeText(size_bytes)}
        </span>
        <span className="flex gap-1">
          <Button
            small
            weight="quiet"
            because={from === 0 && 'This is the beginning'}
            onClick={() => mutate(Math.max(0, from - PART_BYTES))}
          >
            Before
          </Button>
          <Button small weight="quiet" because={to >= size_bytes && 'This is the end'} onClick={() => mutate(to)}>
            After
          </Button>
        </span>
      </figcaption>
      <Content shown={look.data} />
    </figure>
  )
}

function Content({ shown }: { shown: Shown }) {
  const mark = useRef<HTMLElement>(null)
  useEffect(() => {
    // In braces: newer browsers answer a promise, which an effect must not return.
    mark.current?.scrollIntoView({ block: 'center' })
  }, [shown])
  const { content, marked } = shown
  return (
    <pre
      tabIndex={0}
      aria-label="Part of the capture"
      className="max-h-100 overflow-auto px-3 py-2.5 font-mono text-xs leading-5 break-words whitespace-pre-wrap"
    >
      {marked ? (
        <>
          {content.slice(0, marked.from)}
          <mark ref={mark} className="bg-late-soft text-ink">
            {content.slice(marked.from, marked.to)}
          </mark>
          {content.slice(marked.to)}
        </>
      ) : (
        content
      )}
    </pre>
  )
}
