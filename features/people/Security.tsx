// SPDX-License-Identifier: Apache-2.0
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Form } from '../../web/form/Form.tsx'
import { TextField } from '../../web/form/fields.tsx'
import { authState, changePassword } from '../../web/session.ts'
import { Button } from '../../web/ui/Button.tsx'
import { Status } from '../../web/ui/Status.tsx'
import { Section } from '../../web/ui/Text.tsx'
import { say } from '../../web/ui/toasts.ts'
import { count } from '../../web/words.ts'
import { NewAuthenticator } from './NewAuthenticator.tsx'

/** One's own password and authenticator. */
export function Security() {
  const state = useQuery({ queryKey: ['auth'], queryFn: authState })
  const queries = useQueryClient()
  const [adding, setAdding] = useState(false)
  const factor = state.data?.session?.second_factor
  return (
    <div className="flex flex-col gap-8">
      <Section
        title="Second factor"
        aside={
          <Button small onClick={() => setAdding(true)}>
            {factor?.enrolled ? 'Replace the authenticator' : 'Add an authenticator'}
          </Button>
        }
      >
        {factor && (
          <p className="flex flex-wrap items-center gap-x-3">
            {factor.enrolled ? <Status state="pass" label="Enrolled" /> : <Status state="no_data" label="None" />}
            {factor.enrolled && `${count(factor.recovery_codes_left, 'recovery code')} left`}
            {factor.required && <span className="text-ink-3">Your roles need one</span>}
          </p>
        )}
        {adding && (
          <NewAuthenticator
            enrolled={factor?.enrolled ?? false}
            onClose={() => {
              setAdding(false)
              void queries.invalidateQueries({ queryKey: ['auth'] })
            }}
          />
        )}
      </Section>
      <Section title="Password" says="Changing it ends all your other sessions.">
        <PasswordForm />
      </Section>
    </div>
  )
}

function PasswordForm() {
  const [current, setCurrent] = useState('')
  const [password, setPassword] = useState('')
  const attempt = useMutation({
    mutationFn: () => changePassword(current, password),
    onSuccess: () => {
      setCurrent('')
      setPassword('')
      say('Your password is changed', 'Your other sessions have ended.')
    },
  })
  return (
    <Form plain attempt={attempt} submit="Change the password" onSubmit={() => attempt.mutate()}>
      <TextField
        label="Present password"
        type="password"
        autoComplete="current-password"
        value={current}
        onChange={setCurrent}
      />
      <TextField
        label="New password"
        help="At least 12 characters; a sentence is best"
        pointer="/password"
        type="password"
        autoComplete="new-password"
        value={password}
        onChange={setPassword}
      />
    </Form>
  )
}
