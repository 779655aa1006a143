// SPDX-License-Identifier: Apache-2.0
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Form } from '../../web/form/Form.tsx'
import { TextField } from '../../web/form/fields.tsx'
import { Entrance } from '../../web/layout/Entrance.tsx'
import { confirmTotp, startTotp } from '../../web/session.ts'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { Skeleton } from '../../web/ui/Skeleton.tsx'
import { RecoveryCodes } from './RecoveryCodes.tsx'
import { TotpCode } from './TotpCode.tsx'

/** Adds an authenticator: scan, enter the first code, keep the recovery codes. */
export function Enrol({ onDone }: { onDone: () => void }) {
  const [codes, setCodes] = useState<readonly string[] | undefined>(undefined)
  if (codes)
    return (
      <Entrance
        title="Keep your recovery codes"
        says="Each opens your account once when the authenticator is lost. They are shown now and never again."
      >
        <RecoveryCodes codes={codes} onDone={onDone} />
      </Entrance>
    )
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
        {({ svg, secret }) => <TotpCode svg={svg} secret={secret} />}
      </Loaded>
      <Form plain attempt={attempt} submit="Continue" onSubmit={() => attempt.mutate()}>
        <TextField
          label="Code the app shows now"
          pointer="/code"
          autoComplete="one-time-code"
          inputMode="numeric"
          placeholder="123456"
          autoFocus
          value={code}
          onChange={setCode}
        />
      </Form>
    </Entrance>
  )
}
