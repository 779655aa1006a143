// SPDX-License-Identifier: Apache-2.0
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useState } from 'react'
import { Form } from '../../web/form/Form.tsx'
import { TextField } from '../../web/form/fields.tsx'
import { Entrance } from '../../web/layout/Entrance.tsx'
import { paths } from '../../web/paths.ts'
import { useSearchTexts } from '../../web/search.ts'
import { authState, signIn } from '../../web/session.ts'
import { Button } from '../../web/ui/Button.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { Skeleton } from '../../web/ui/Skeleton.tsx'
import { VerifyLink } from '../../web/ui/VerifyLink.tsx'
import { Enrol } from './Enrol.tsx'
import { SecondFactor } from './SecondFactor.tsx'

/** The way in: password, then the second factor, then back to where one wanted to go. */
export function SignInPage() {
  const state = useQuery({ queryKey: ['auth'], queryFn: authState, staleTime: 0 })
  const queries = useQueryClient()
  const router = useRouter()
  const { next } = useSearchTexts()
  const proceed = async (): Promise<void> => {
    queries.removeQueries({ queryKey: ['ask'] })
    // Only an address of our own: the parameter is anybody's to write.
    if (next?.startsWith('/') && !next.startsWith('//')) router.history.push(next)
    else await router.navigate({ to: paths.overview })
  }
  return (
    <Loaded of={state} waiting={<Entrance title="Sign in">{<Skeleton className="h-40" />}</Entrance>}>
      {({ setup, session }) => {
        if (setup) return <NotSetUp />
        if (session?.stage === 'second-factor')
          return (
            <SecondFactor name={session.user.name} onDone={() => void proceed()} onLeave={() => void state.refetch()} />
          )
        if (session?.stage === 'enrol') return <Enrol onDone={() => void proceed()} />
        return (
          <Password
            onDone={(stage) => void (stage === 'open' ? proceed() : state.refetch())}
            signedInAs={session?.user.name}
            onContinue={() => void proceed()}
          />
        )
      }}
    </Loaded>
  )
}

function Password({
  onDone,
  signedInAs,
  onContinue,
}: {
  onDone: (stage: string) => void
  signedInAs: string | undefined
  onContinue: () => void
}) {
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [choices, setChoices] = useState<readonly { id: string; name: string }[]>([])
  const attempt = useMutation({
    mutationFn: signIn,
    onSuccess: (done) => ('organizations' in done ? setChoices(done.organizations) : onDone(done.stage)),
  })
  if (choices.length > 0)
    return (
      <Entrance title="Which organisation?" says="Your address has an account in each of these.">
        <ul className="flex flex-col gap-2">
          {choices.map((choice) => (
            <li key={choice.id}>
              <Button wide onClick={() => attempt.mutate({ email, password, organization: choice.id })}>
                {choice.name}
              </Button>
            </li>
          ))}
        </ul>
      </Entrance>
    )
  return (
    <Entrance
      title="Sign in"
      says={
        signedInAs && (
          <>
            {signedInAs} is signed in here.{' '}
            <button type="button" className="text-accent hover:underline" onClick={onContinue}>
              Continue
            </button>
          </>
        )
      }
    >
      <Form plain attempt={attempt} submit="Sign in" onSubmit={() => attempt.mutate({ email, password })}>
        <TextField
          label="Email address"
          type="email"
          autoComplete="username"
          autoFocus
          value={email}
          onChange={setEmail}
        />
        <TextField
          label="Password"
          type="password"
          autoComplete="current-password"
          value={password}
          onChange={setPassword}
        />
      </Form>
      <p className="text-sm text-ink-2">
        Forgotten? An administrator can send you a link for a new password. To check a bundle you were given,{' '}
        <VerifyLink>verify it here</VerifyLink> without signing in.
      </p>
    </Entrance>
  )
}

function NotSetUp() {
  return (
    <Entrance title="Nobody has an account yet">
      <p className="text-ink-2">
        Whoever started Assay was shown a set-up link in the terminal. It works once, and a new start makes a new one.
        Open that link to name the organisation and its first person.
      </p>
      <p className="text-ink-2">
        You can <VerifyLink>verify a bundle</VerifyLink> without an account.
      </p>
    </Entrance>
  )
}
