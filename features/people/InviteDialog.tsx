// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import type { Output } from '../../web/client.ts'
import { Form } from '../../web/form/Form.tsx'
import { TextField } from '../../web/form/fields.tsx'
import { useShell } from '../../web/layout/shell.ts'
import { useCommand } from '../../web/operations.ts'
import { Dialog } from '../../web/ui/Dialog.tsx'
import { OneTimeLink } from './OneTimeLink.tsx'
import { RolesField } from './RolesField.tsx'
import type { PersonRole } from './roles.ts'

/** Invites somebody; the answer is a link that is shown once and opens once. */
export function InviteDialog({ onClose }: { onClose: () => void }) {
  const { me } = useShell()
  const [name, setName] = useState('')
  const [email, setEmail] = useState('')
  const [roles, setRoles] = useState<PersonRole[]>([])
  const [link, setLink] = useState<Output<'people.invite'> | undefined>(undefined)
  const invite = useCommand('people.invite', setLink)
  return (
    <Dialog
      open
      onClose={onClose}
      title={link ? `Send this link to ${name}` : 'Invite somebody'}
      says={link ? undefined : 'An account stands on one side for life: management, auditor, adviser or report user.'}
    >
      {link ? (
        <OneTimeLink link={link} onDone={onClose} />
      ) : (
        <Form
          attempt={invite}
          submit="Make the link"
          onCancel={onClose}
          because={roles.length === 0 && 'Choose at least one role'}
          onSubmit={() => invite.mutate({ name, email, roles })}
        >
          <TextField label="Name" pointer="/name" autoFocus value={name} onChange={setName} />
          <TextField label="Email address" type="email" pointer="/email" value={email} onChange={setEmail} />
          <RolesField offered={me.grantable} value={roles} onChange={setRoles} />
        </Form>
      )}
    </Dialog>
  )
}
