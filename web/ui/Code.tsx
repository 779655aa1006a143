// SPDX-License-Identifier: Apache-2.0
import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import { cx } from '../class-names.ts'

/** Text for a terminal or a file, with a button that copies it. */
export function CodeBlock({
  text,
  label,
  wrap,
  tall,
}: {
  text: string
  label?: string
  wrap?: boolean
  tall?: boolean
}) {
  return (
    <figure className="relative rounded border border-line bg-sunken">
      {label && <figcaption className="border-b border-line px-3 py-1.5 text-xs text-ink-3">{label}</figcaption>}
      <pre
        tabIndex={0}
        aria-label={label ?? 'Code'}
        className={cx(
          'overflow-auto px-3 py-2.5 pr-11 font-mono text-xs leading-5',
          tall ? 'max-h-140' : 'max-h-80',
          wrap && 'break-words whitespace-pre-wrap',
        )}
      >
        {text}
      </pre>
      <div className="absolute top-1 right-1 print:hidden">
        <CopyButton text={text} />
      </div>
    </figure>
  )
}

/** Copies `text`; says so where it was pressed. */
export function CopyButton({ text, says = 'Copy' }: { text: string; says?: string }) {
  const [copied, setCopied] = useState(false)
  return (
    <button
      type="button"
      aria-label={copied ? 'Copied' : says}
      title={copied ? 'Copied' : says}
      className="inline-flex size-7 items-center justify-center rounded bg-inherit text-ink-3 hover:bg-hover hover:text-ink"
      onClick={() => {
        void navigator.clipboard.writeText(text).then(() => setCopied(true))
        setTimeout(() => setCopied(false), 2000)
      }}
    >
      {copied ? <Check size={14} /> : <Copy size={14} />}
    </button>
  )
}

/** An id, hash or key in the page's text; the whole of it is in the title. */
export function Mono({ children, full, className }: { children: string; full?: string; className?: string }) {
  return (
    <code title={full ?? children} className={cx('font-mono text-[0.92em] break-all', className)}>
      {children}
    </code>
  )
}
