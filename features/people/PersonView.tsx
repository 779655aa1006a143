// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import type { Output, RowOf } from '../../web/client.ts'
import { Form } from '../../web/form/Form.tsx'
import { A } from '../../web/layout/Page.tsx'
import { useShell } from '../../web/layout/shell.ts'
import { useCommand } from '../../web/operations.ts'
import { paths } from '../../web/paths.ts'
import { Button } from '../../web/ui/Button.tsx'
import { Mono } from '../../web/ui/Code.tsx'
import { Dialog } from '../../web/ui/Dialog.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { Tag } from '../../web/ui/Status.tsx'
import { Fact, Facts, Section } from '../../web/ui/Text.tsx'
import { say } from '../../web/ui/toasts.ts'
import { Trouble } from '../../web/ui/Trouble.tsx'
import { capital, roleText } from '../../web/words.ts'
import { OneTimeLink } from './OneTimeLink.tsx'
import { RolesField } from './RolesField.tsx'

type Person = RowOf<'people.list'>

/** One person: side, roles, access. Nobody changes their own. */
export function PersonView({ person }: { person: Person }) {
  const { me } = useShell()
  const own = person.id === me.id && 'Nobody changes their own access; ask another administrator'
  return (
    <div className="flex flex-col gap-6">
      <Facts>
        <Fact name="Side">
          <Tag {...(person.side === 'auditor' ? { tone: 'auditor' as const } : {})}>{capital(person.side)}</Tag>
        </Fact>
        <Fact name="Second factor">{person.has_second_factor ? 'Enrolled' : 'None'}</Fact>
        <Fact name="Since">
          <Moment at={person.created_at} />
        </Fact>
        <Fact name="Last here">{person.seen_at ? <Moment at={person.seen_at} /> : 'Never'}</Fact>
        <Fact name="Pseudonym">
          <Mono>{person.id}</Mono>
        </Fact>
        <Fact name="What they did">
          <A to={paths.ledger} search={{ tab: 'audit', actor: person.id }}>
            In the audit trail
          </A>
        </Fact>
      </Facts>
      <Roles person={person} own={own} />
      <Access person={person} own={own} />
    </div>
  )
}

function Roles({ person, own }: { person: Person; own: string | false }) {
  const { me } = useShell()
  const [roles, setRoles] = useState(person.roles)
  const save = useCommand('people.setRoles', (done) =>
    say(`${done.name ?? 'They'} now: ${done.roles.map(roleText).join(', ')}`),
  )
  const offered = [...new Set([...person.roles, ...me.grantable])]
  if (own || me.grantable.length === 0)
    return (
      <Section title="Roles">
        <p>{person.roles.map(roleText).join(', ') || 'None'}</p>
      </Section>
    )
  const same = roles.length === person.roles.length && roles.every((role) => person.roles.includes(role))
  return (
    <Form
      attempt={save}
      submit="Set the roles"
      because={same && 'Nothing is changed yet'}
      onSubmit={() => save.mutate({ person: person.id, roles })}
    >
      <RolesField offered={offered} value={roles} onChange={setRoles} />
      <p className="text-sm text-ink-2">Setting roles ends their sessions, so that the old rights end now.</p>
    </Form>
  )
}

function Access({ person, own }: { person: Person; own: string | false }) {
  const { me } = useShell()
  const [link, setLink] = useState<Output<'people.resetPassword'> | undefined>(undefined)
  const [erasing, setErasing] = useState(false)
  const disable = useCommand('people.disable', () => say('They are shut out', 'Their sessions and keys have ended.'))
  const enable = useCommand('people.enable', () => say('They may sign in again'))
  const password = useCommand('people.resetPassword', setLink)
  const factor = useCommand('people.resetSecondFactor', () =>
    say('Their authenticator is removed', 'They enrol another at the next sign-in.'),
  )
  const erase = useCommand('people.erase', () =>
    say('Name and address are erased', 'The pseudonym stays in the ledger.'),
  )
  const because = own || (me.grantable.length === 0 && 'Your roles do not allow this; ask an administrator')
  // The firm's accounts are the firm's: an administrator of the organisation only shuts the door.
  const reset =
    because ||
    (person.side === 'auditor' &&
      me.side !== 'auditor' &&
      'The audit firm sees to its own people; you may shut them out')
  const error = disable.error ?? enable.error ?? password.error ?? factor.error ?? erase.error
  const it = { person: person.id }
  return (
    <Section title="Access">
      {error && <Trouble error={error} />}
      <div className="flex flex-wrap gap-2">
        {person.state === 'active' ? (
          <>
            <Button because={reset} busy={password.isPending} onClick={() => password.mutate(it)}>
              Link for a new password
            </Button>
            <Button
              because={reset || (!person.has_second_factor && 'They have no authenticator')}
              busy={factor.isPending}
              onClick={() => factor.mutate(it)}
            >
              Remove the authenticator
            </Button>
            <Button weight="danger" because={because} busy={disable.isPending} onClick={() => disable.mutate(it)}>
              Shut out
            </Button>
          </>
        ) : (
          <>
            <Button
              because={reset || (person.name === null && 'They were erased')}
              busy={enable.isPending}
              onClick={() => enable.mutate(it)}
            >
              Let in again
            </Button>
            <Button
              weight="danger"
              because={because || (person.name === null && 'They were erased')}
              onClick={() => setErasing(true)}
            >
              Erase name and address
            </Button>
          </>
        )}
      </div>
      <Dialog
        open={link !== undefined}
        onClose={() => setLink(undefined)}
        title={`Send this link to ${person.name ?? ''}`}
      >
        {link && <OneTimeLink link={link} onDone={() => setLink(undefined)} />}
      </Dialog>
      <Dialog
        open={erasing}
        onClose={() => setErasing(false)}
        title={`Erase ${person.name ?? ''}?`}
        says="Name and address are gone for good. What they did stays in the ledger under their pseudonym."
        actions={
          <>
            <Button onClick={() => setErasing(false)}>Cancel</Button>
            <Button
              weight="danger"
              busy={erase.isPending}
              onClick={() => {
                erase.mutate(it)
                setErasing(false)
              }}
            >
              Erase {person.name ?? ''}
            </Button>
          </>
        }
      />
    </Section>
  )
}
