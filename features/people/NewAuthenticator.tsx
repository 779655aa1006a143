// SPDX-License-Identifier: Apache-2.0
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { Form } from '../../web/form/Form.tsx'
import { TextField } from '../../web/form/fields.tsx'
import { confirmTotp, startTotp } from '../../web/session.ts'
import { Dialog } from '../../web/ui/Dialog.tsx'
import { RecoveryCodes } from './RecoveryCodes.tsx'
import { TotpCode } from './TotpCode.tsx'

/** Replaces the authenticator of somebody who is signed in: proves themselves again, scans, enters the first code. */
export function NewAuthenticator({ enrolled, onClose }: { enrolled: boolean; onClose: () => void }) {
  const [password, setPassword] = useState('')
  const [present, setPresent] = useState('')
  const [code, setCode] = useState('')
  const start = useMutation({ mutationFn: () => startTotp({ password, ...(enrolled ? { code: present } : {}) }) })
  const confirm = useMutation({ mutationFn: () => confirmTotp(code.replaceAll(' ', '')) })
  return (
    <Dialog
      open
      onClose={onClose}
      title={
        confirm.data ? 'Keep your recovery codes' : enrolled ? 'Replace the authenticator' : 'Add an authenticator'
      }
    >
      {confirm.data ? (
        <RecoveryCodes codes={confirm.data.recovery_codes} onDone={onClose} />
      ) : start.data ? (
        <div className="flex flex-col gap-5">
          <TotpCode svg={start.data.svg} secret={start.data.secret} />
          <Form plain attempt={confirm} submit="Use this authenticator" onSubmit={() => confirm.mutate()}>
            <TextField
              label="Code the app shows now"
              pointer="/code"
              inputMode="numeric"
              autoComplete="one-time-code"
              value={code}
              onChange={setCode}
            />
          </Form>
        </div>
      ) : (
        <Form plain attempt={start} submit="Continue" onCancel={onClose} onSubmit={() => start.mutate()}>
          <TextField
            label="Your password"
            type="password"
            autoComplete="current-password"
            value={password}
            onChange={setPassword}
          />
          {enrolled && (
            <TextField
              label="Code of the present authenticator"
              inputMode="numeric"
              autoComplete="one-time-code"
              value={present}
              onChange={setPresent}
            />
          )}
        </Form>
      )}
    </Dialog>
  )
}
