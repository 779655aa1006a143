// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import { CheckField } from '../../web/form/choices.tsx'
import { saveFile } from '../../web/table/csv.ts'
import { Button } from '../../web/ui/Button.tsx'

/** Ten codes, each of which opens the account once; shown now and never again. */
export function RecoveryCodes({ codes, onDone }: { codes: readonly string[]; onDone: () => void }) {
  const [kept, setKept] = useState(false)
  const text = codes.join('\n')
  return (
    <div className="flex flex-col gap-5">
      <ul className="grid grid-cols-2 gap-x-6 gap-y-1.5 rounded border border-line bg-sunken px-4 py-3 font-mono">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="flex gap-2">
        <Button onClick={() => saveFile('assay-recovery-codes.txt', [`${text}\n`], 'text/plain')}>
          Save as a file
        </Button>
        <Button onClick={() => void navigator.clipboard.writeText(text)}>Copy</Button>
      </div>
      <CheckField label="I have put them where I will find them" value={kept} onChange={setKept} />
      <div>
        <Button weight="primary" because={!kept && 'Confirm first that you have kept the codes'} onClick={onDone}>
          Continue
        </Button>
      </div>
    </div>
  )
}
