// SPDX-License-Identifier: Apache-2.0
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { Form } from '../../web/form/Form.tsx'
import { TextField } from '../../web/form/fields.tsx'
import { Entrance } from '../../web/layout/Entrance.tsx'
import { paths } from '../../web/paths.ts'
import { authState, setUp } from '../../web/session.ts'
import { ButtonLink } from '../../web/ui/Button.tsx'
import { Note } from '../../web/ui/Text.tsx'
import { Enrol } from './Enrol.tsx'

/** First run: the organisation and its owner, by the one-time link `/setup#<token>`. */
export function SetupPage() {
  const [token] = useState(() => window.location.hash.slice(1))
  const [enrolling, setEnrolling] = useState(false)
  const navigate = useNavigate()
  const queries = useQueryClient()
  const state = useQuery({ queryKey: ['auth'], queryFn: authState })
  if (enrolling)
    return (
      <Enrol
        onDone={() => {
          queries.clear()
          void navigate({ to: paths.begin })
        }}
      />
    )
  if (state.data?.setup === false)
    return (
      <Entrance title="Assay is set up" says="It has its owner already, so a set-up link opens nothing any more.">
        <ButtonLink to={paths.signIn} weight="primary">
          Sign in
        </ButtonLink>
      </Entrance>
    )
  return (
    <Entrance
      title="Set up Assay"
      says="Name the organisation whose report this will be, and yourself as its first person. Everything stays on this machine."
    >
      {token === '' && (
        <Note tone="late">
          This address has no set-up token. Open the whole link that the terminal showed, with everything after the #.
        </Note>
      )}
      <Owner token={token} onDone={() => setEnrolling(true)} />
    </Entrance>
  )
}

function Owner({ token, onDone }: { token: string; onDone: () => void }) {
  const [organization, setOrganization] = useState('')
  const [name, setName] = useState('')
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const attempt = useMutation({ mutationFn: setUp, onSuccess: onDone })
  return (
    <Form
      plain
      attempt={attempt}
      submit="Continue"
      onSubmit={() => attempt.mutate({ token, organization, name, email, password })}
    >
      <TextField
        label="Organisation"
        help="As it should stand in the report"
        pointer="/organization"
        autoComplete="organization"
        autoFocus
        value={organization}
        onChange={setOrganization}
      />
      <TextField label="Your name" pointer="/name" autoComplete="name" value={name} onChange={setName} />
      <TextField
        label="Email address"
        pointer="/email"
        type="email"
        autoComplete="username"
        value={email}
        onChange={setEmail}
      />
      <TextField
        label="Password"
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
