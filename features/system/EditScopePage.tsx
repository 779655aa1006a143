// SPDX-License-Identifier: Apache-2.0
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { Output } from '../../web/client.ts'
import { Form } from '../../web/form/Form.tsx'
import { TextField } from '../../web/form/fields.tsx'
import { useDraft } from '../../web/form/useDraft.tsx'
import { Page } from '../../web/layout/Page.tsx'
import { useNeeds } from '../../web/layout/shell.ts'
import { useAsk, useCommand } from '../../web/operations.ts'
import { paths } from '../../web/paths.ts'
import { ButtonLink } from '../../web/ui/Button.tsx'
import { Empty } from '../../web/ui/Empty.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { say } from '../../web/ui/toasts.ts'
import { CategoryFields, EngagementFields, StageFields, SystemFields } from './ScopeFields.tsx'
import { tidied, type ScopeDraft } from './scope-draft.ts'
import { SubserviceFields } from './SubserviceFields.tsx'

/** Writes a new version of the scope; the one before stays, and an executive approves. */
export function EditScopePage() {
  const asked = useAsk('system.get', {}, { now: true })
  return (
    <Page title="Change the scope" crumbs={[{ label: 'Scope', to: paths.scope }]} narrow>
      <Loaded of={asked}>
        {({ scope, draft }) =>
          scope ? (
            <Editor version={draft ?? scope} />
          ) : (
            <Empty title="Nothing is scoped yet" says="The interview writes the first version with you.">
              <ButtonLink to={paths.begin} weight="primary">
                Begin the interview
              </ButtonLink>
            </Empty>
          )
        }
      </Loaded>
    </Page>
  )
}

function Editor({ version }: { version: NonNullable<Output<'system.get'>['scope']> }) {
  const { draft, setDraft, began, meanwhile } = useDraft<ScopeDraft>(version, () => save.reset())
  const [from, setFrom] = useState('')
  const navigate = useNavigate()
  const because = useNeeds('so_admin', 'compliance_manager')
  const questions = useAsk('system.suggest', {})
  const save = useCommand('system.saveScope', ({ n }) => {
    say(`Version ${n} of the scope is saved`, 'It waits for the approval of a management signatory.')
    void navigate({ to: paths.scope })
  })
  const change = (part: Partial<ScopeDraft>): void => setDraft((old) => ({ ...old, ...part }))
  return (
    <Form
      attempt={save}
      submit={`Save as version ${began.n + 1}`}
      because={because}
      dirty={draft !== began.document && !save.isSuccess}
      onCancel={() => void navigate({ to: paths.scope })}
      onSubmit={() =>
        save.mutate({
          based_on: began.n,
          scope: tidied(draft),
          ...(from === '' ? {} : { effective_from: from }),
        })
      }
    >
      {meanwhile}
      <TextField
        label="Organisation"
        pointer="/scope/organization_name"
        value={draft.organization_name}
        onChange={(organization_name) => change({ organization_name })}
      />
      <SystemFields draft={draft} change={change} />
      <CategoryFields draft={draft} change={change} reasons={{}} sizes={questions.data?.set_sizes[draft.stage]} />
      <EngagementFields draft={draft} change={change} />
      <StageFields draft={draft} change={change} />
      <SubserviceFields draft={draft} change={change} />
      <TextField
        label="Counts from"
        type="date"
        optional
        help="Today unless another day is given; earlier days keep the version that counted then"
        pointer="/effective_from"
        value={from}
        onChange={setFrom}
      />
    </Form>
  )
}
