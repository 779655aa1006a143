// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import { upload, type Uploaded } from '../../web/client.ts'
import { SelectField } from '../../web/form/fields.tsx'
import { useAsk } from '../../web/operations.ts'
import { Dialog } from '../../web/ui/Dialog.tsx'
import { Trouble } from '../../web/ui/Trouble.tsx'
import { sizeText } from '../../web/words.ts'
import { AttachForm } from './AttachForm.tsx'
import { DropZone } from './DropZone.tsx'
import { ImportForm } from './ImportForm.tsx'
import { guessFormat, headersOf, type Guess } from './sniff.ts'

/** How much of a file is looked at here to guess what it is. */
const HEAD_BYTES = 64 * 1024

/** A file that was chosen: what it seems to be, and how far it was sent. */
interface Chosen {
  readonly file: File
  readonly guess: Guess
  readonly headers: readonly string[]
}

/** Puts evidence forward for `link` when that is given. */
export interface LinkTo {
  readonly control: string
  readonly slot: string
  readonly title: string
}

/** Adds a file: scanner results are read into facts, tables are mapped, anything else is kept as a document. */
export function ImportDialog({ onClose, link }: { onClose: () => void; link?: LinkTo }) {
  const [chosen, setChosen] = useState<Chosen | undefined>(undefined)
  const [sent, setSent] = useState<Uploaded | undefined>(undefined)
  const [part, setPart] = useState(0)
  const [error, setError] = useState<Error | undefined>(undefined)
  const take = async (file: File): Promise<void> => {
    setError(undefined)
    setSent(undefined)
    const head = await file.slice(0, HEAD_BYTES).text()
    setChosen({ file, guess: link ? 'document' : guessFormat(file.name, head), headers: headersOf(head) })
    setSent(await upload(file, setPart))
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={link ? `Add evidence for ${link.control}` : 'Add a file'}
      says={
        link
          ? link.title
          : 'Results of a scanner become facts that checks judge; a table is mapped to facts; anything else is kept as a document.'
      }
      wide
    >
      <div className="flex flex-col gap-5">
        {!chosen && (
          <DropZone
            says="OCSF, SARIF, XCCDF or ARF, CSV, or any document"
            onFile={(file) => void take(file).catch((problem: unknown) => setError(asError(problem)))}
          />
        )}
        {error && <Trouble error={error} />}
        {chosen && (
          <>
            <p className="flex flex-wrap items-center gap-x-3">
              <span className="font-medium">{chosen.file.name}</span>
              <span className="text-ink-2">{sizeText(chosen.file.size)}</span>
              {!sent && !error && (
                <progress max={1} value={part} aria-label="Sending" className="h-1.5 w-40 accent-accent" />
              )}
              <button
                type="button"
                className="text-sm text-accent hover:underline"
                onClick={() => {
                  setChosen(undefined)
                  setError(undefined)
                }}
              >
                Choose another
              </button>
            </p>
            {!link && <FormatField value={chosen.guess} onChange={(guess) => setChosen({ ...chosen, guess })} />}
            {chosen.guess === 'document' ? (
              <AttachForm uploaded={sent} name={chosen.file.name} link={link} onDone={onClose} />
            ) : (
              <ImportForm uploaded={sent} format={chosen.guess} headers={chosen.headers} onDone={onClose} />
            )}
          </>
        )}
      </div>
    </Dialog>
  )
}

function FormatField({ value, onChange }: { value: Guess; onChange: (guess: Guess) => void }) {
  const formats = useAsk('evidence.formats', {}, { now: true })
  return (
    <SelectField
      label="What it is"
      help="Told by its content; change it if that is wrong"
      value={value}
      choices={(formats.data?.rows ?? []).map((format) => ({
        value: format.id,
        label: format.name,
        says: format.says,
      }))}
      onChange={(id) => onChange(id as Guess)}
    />
  )
}

const asError = (problem: unknown): Error => (problem instanceof Error ? problem : new Error(String(problem)))
