// SPDX-License-Identifier: Apache-2.0
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { Form } from '../../web/form/Form.tsx'
import { TextField } from '../../web/form/fields.tsx'
import { Entrance } from '../../web/layout/Entrance.tsx'
import { paths } from '../../web/paths.ts'
import { acceptInvitation, readInvitation } from '../../web/session.ts'
import { Skeleton } from '../../web/ui/Skeleton.tsx'
import { Trouble } from '../../web/ui/Trouble.tsx'

/** Joins by an invitation, or sets a new password, by the one-time link `/invitation#<token>`. */
export function InvitationPage() {
  const [token] = useState(() => window.location.hash.slice(1))
  const [password, setPassword] = useState('')
  const navigate = useNavigate()
  const queries = useQueryClient()
  const invitation = useQuery({
    queryKey: ['auth', 'invitation', token],
    queryFn: () => readInvitation(token),
    retry: false,
  })
  const attempt = useMutation({
    mutationFn: () => acceptInvitation(token, password),
    onSuccess: async ({ stage }) => {
      queries.clear()
      await navigate({ to: stage === 'open' ? paths.overview : paths.signIn })
    },
  })
  if (invitation.error)
    return (
      <Entrance title="This link does not open anything">
        <Trouble error={invitation.error} />
        <p className="text-ink-2">Links work once and for a limited time. Ask whoever sent it for a new one.</p>
      </Entrance>
    )
  if (!invitation.data)
    return (
      <Entrance title="Invitation">
        <Skeleton className="h-40" />
      </Entrance>
    )
  const { purpose, name, email } = invitation.data
  return (
    <Entrance
      title={purpose === 'join' ? `Welcome, ${name ?? ''}` : 'Set a new password'}
      says={
        purpose === 'join' ? `You join with the address ${email ?? ''}.` : `For the account of ${name ?? email ?? ''}.`
      }
    >
      <Form
        plain
        attempt={attempt}
        submit={purpose === 'join' ? 'Join' : 'Set password'}
        onSubmit={() => attempt.mutate()}
      >
        <input type="hidden" autoComplete="username" value={email ?? ''} readOnly />
        <TextField
          label="Password"
          help="At least 12 characters; a sentence is best"
          pointer="/password"
          type="password"
          autoComplete="new-password"
          autoFocus
          value={password}
          onChange={setPassword}
        />
      </Form>
    </Entrance>
  )
}
