// SPDX-License-Identifier: Apache-2.0
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { Form } from '../../web/form/Form.tsx'
import { TextField } from '../../web/form/fields.tsx'
import { Entrance } from '../../web/layout/Entrance.tsx'
import { secondFactor, signOut } from '../../web/session.ts'

/** The code of the authenticator, or one of the recovery codes. */
export function SecondFactor({ name, onDone, onLeave }: { name: string; onDone: () => void; onLeave: () => void }) {
  const [lost, setLost] = useState(false)
  const [code, setCode] = useState('')
  const attempt = useMutation({
    mutationFn: () => secondFactor(lost ? { recovery_code: code } : { code: code.replaceAll(' ', '') }),
    onSuccess: onDone,
  })
  const swap = (): void => {
    setLost(!lost)
    setCode('')
    attempt.reset()
  }
  return (
    <Entrance
      title={lost ? 'Recovery code' : 'Second factor'}
      says={lost ? 'Each of your ten codes works once.' : `${name}, enter the six digits your authenticator shows now.`}
    >
      <Form plain attempt={attempt} submit="Continue" onSubmit={() => attempt.mutate()}>
        <TextField
          key={lost ? 'recovery' : 'code'}
          label={lost ? 'Recovery code' : 'Code'}
          pointer={lost ? '/recovery_code' : '/code'}
          autoFocus
          autoComplete={lost ? 'off' : 'one-time-code'}
          inputMode={lost ? 'text' : 'numeric'}
          placeholder={lost ? 'k3x9p-0m2ab' : '123456'}
          spellCheck={false}
          value={code}
          onChange={setCode}
        />
      </Form>
      <p className="flex flex-wrap gap-x-4 gap-y-1 text-sm">
        <button type="button" className="text-accent hover:underline" onClick={swap}>
          {lost ? 'Use the authenticator instead' : 'The authenticator is not at hand'}
        </button>
        <button type="button" className="text-accent hover:underline" onClick={() => void signOut().then(onLeave)}>
          Sign in as somebody else
        </button>
      </p>
    </Entrance>
  )
}
