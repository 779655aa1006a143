// SPDX-License-Identifier: Apache-2.0
import { count } from '../../web/words.ts'

interface Props {
  /** Records, those on the way included. */
  size: number
  sequenced: number
  published: number
  stamped: number
}

/** How far the log is signed and vouched for, from its first leaf to its newest. */
export function LogPicture({ size, sequenced, published, stamped }: Props) {
  const whole = Math.max(1, size)
  const parts = [
    { label: 'Time-stamped', n: stamped, fill: 'fill-pass-mark' },
    { label: 'Signed', n: Math.max(0, published - stamped), fill: 'fill-accent' },
    { label: 'In the log', n: Math.max(0, sequenced - Math.max(published, stamped)), fill: 'fill-line-strong' },
    { label: 'On the way', n: Math.max(0, size - sequenced), fill: 'fill-[url(#hatch)]' },
  ].filter((part) => part.n > 0)
  const words = parts.map((part) => `${part.label.toLowerCase()} ${count(part.n, 'record')}`).join(', ')
  const starts = parts.map((_, i) => parts.slice(0, i).reduce((sum, part) => sum + part.n, 0))
  return (
    <div className="flex flex-col gap-2">
      <svg
        role="img"
        aria-label={`The log: ${words || 'empty'}`}
        viewBox="0 0 1000 14"
        preserveAspectRatio="none"
        className="h-3.5 w-full"
      >
        <rect width="1000" height="14" className="fill-none-soft" />
        {parts.map((part, i) => (
          <rect
            key={part.label}
            x={((starts[i] ?? 0) / whole) * 1000}
            width={Math.max(1, (part.n / whole) * 1000 - 1)}
            height="14"
            className={part.fill}
          />
        ))}
      </svg>
      <ul className="flex flex-wrap gap-x-4 gap-y-1 text-sm text-ink-2">
        {parts.map((part) => (
          <li key={part.label} className="flex items-center gap-1.5">
            <svg width="12" height="12" aria-hidden="true">
              <rect width="12" height="12" className={part.fill} />
            </svg>
            {part.label} <span className="tabular text-ink-3">{part.n.toLocaleString('en')}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}
