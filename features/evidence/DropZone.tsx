// SPDX-License-Identifier: Apache-2.0
import { FileUp } from 'lucide-react'
import { useId, useState, type DragEvent } from 'react'
import { cx } from '../../web/class-names.ts'

/** Takes one file, dropped or chosen. */
export function DropZone({ says, accept, onFile }: { says: string; accept?: string; onFile: (file: File) => void }) {
  const id = useId()
  const [over, setOver] = useState(false)
  const drop = (event: DragEvent): void => {
    event.preventDefault()
    setOver(false)
    const file = event.dataTransfer.files[0]
    if (file) onFile(file)
  }
  return (
    <label
      htmlFor={id}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
      className={cx(
        'flex flex-col items-center gap-2 rounded border border-dashed px-6 py-10 text-center hover:bg-hover has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent',
        over ? 'border-accent bg-accent-soft' : 'border-line-strong',
      )}
    >
      <FileUp size={20} className="text-ink-3" aria-hidden="true" />
      <span className="font-medium">Drop a file here, or choose one</span>
      <span className="text-sm text-ink-2">{says}</span>
      <input
        id={id}
        type="file"
        accept={accept}
        className="sr-only"
        onChange={(event) => {
          const file = event.target.files?.[0]
          if (file) onFile(file)
          event.target.value = ''
        }}
      />
    </label>
  )
}
