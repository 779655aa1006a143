// SPDX-License-Identifier: Apache-2.0
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Form } from '../../web/form/Form.tsx'
import { CheckField } from '../../web/form/choices.tsx'
import { TextField } from '../../web/form/fields.tsx'
import { Entrance } from '../../web/layout/Entrance.tsx'
import { confirmTotp, startTotp } from '../../web/session.ts'
import { saveFile } from '../../web/table/csv.ts'
import { Button } from '../../web/ui/Button.tsx'
import { CopyButton } from '../../web/ui/Code.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { Skeleton } from '../../web/ui/Skeleton.tsx'

/** Adds an authenticator: scan, enter the first code, keep the recovery codes. */
export function Enrol({ onDone }: { onDone: () => void }) {
  const [codes, setCodes] = useState<readonly string[] | undefined>(undefined)
  if (codes) return <RecoveryCodes codes={codes} onDone={onDone} />
  return <Scan onCodes={setCodes} />
}

function Scan({ onCodes }: { onCodes: (codes: readonly string[]) => void }) {
  const start = useQuery({
    queryKey: ['auth', 'totp'],
    queryFn: () => startTotp(),
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
  })
  const [code, setCode] = useState('')
  const attempt = useMutation({
    mutationFn: () => confirmTotp(code.replaceAll(' ', '')),
    onSuccess: (done) => onCodes(done.recovery_codes),
  })
  return (
    <Entrance
      title="Add your authenticator"
      says="Your roles can approve and export evidence, so a password alone does not open them. Scan this with any authenticator app."
    >
      <Loaded of={start} waiting={<Skeleton className="size-48" />}>
        {({ svg, secret }) => (
          <div className="flex flex-col gap-3">
            <img
              alt="Code to scan with an authenticator app"
              src={`data:image/svg+xml,${encodeURIComponent(svg)}`}
              className="size-48 rounded border border-line bg-white"
            />
            <p className="text-sm text-ink-2">
              Or type this key into the app:{' '}
              <code className="font-mono text-xs break-all text-ink select-all">{secret}</code>{' '}
              <CopyButton text={secret} says="Copy the key" />
            </p>
          </div>
        )}
      </Loaded>
      <Form plain attempt={attempt} submit="Continue" onSubmit={() => attempt.mutate()}>
        <TextField
          label="Code the app shows now"
          pointer="/code"
          autoComplete="one-time-code"
          inputMode="numeric"
          placeholder="123456"
          value={code}
          onChange={setCode}
        />
      </Form>
    </Entrance>
  )
}

function RecoveryCodes({ codes, onDone }: { codes: readonly string[]; onDone: () => void }) {
  const [kept, setKept] = useState(false)
  const text = codes.join('\n')
  return (
    <Entrance
      title="Keep your recovery codes"
      says="Each opens your account once when the authenticator is lost. They are shown now and never again."
    >
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
    </Entrance>
  )
}
