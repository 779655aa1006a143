// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import { CheckField } from '../../web/form/choices.tsx'
import { Form } from '../../web/form/Form.tsx'
import { TextField } from '../../web/form/fields.tsx'
import { useNeeds } from '../../web/layout/shell.ts'
import { useAsk, useCommand } from '../../web/operations.ts'
import { Answer, Note } from '../../web/ui/Text.tsx'
import { capital, count } from '../../web/words.ts'
import type { Begun } from './BeginPage.tsx'
import { CategoryFields, EngagementFields, StageFields, SystemFields } from './ScopeFields.tsx'
import { tidied, type ScopeDraft } from './scope-draft.ts'
import { SubserviceFields } from './SubserviceFields.tsx'

interface StepProps {
  begun: Begun
  change: (part: Partial<ScopeDraft>) => void
  onDone: () => void
}
const CALM = { error: null, isPending: false }

export function ExaminedStep({ begun: { draft }, change, onDone }: StepProps) {
  return (
    <Form
      attempt={CALM}
      submit="Continue"
      because={draft.system_name.trim() === '' && 'Name the system first'}
      onSubmit={onDone}
    >
      <Answer>Name the system whose report this will be, and draw its boundary.</Answer>
      <TextField
        label="Organisation"
        pointer="/scope/organization_name"
        value={draft.organization_name}
        onChange={(organization_name) => change({ organization_name })}
      />
      <SystemFields draft={draft} change={change} />
    </Form>
  )
}

export function ReportStep({ begun, change, onDone }: StepProps) {
  const { draft, suggestion } = begun
  const sizes = useAsk('system.suggest', {}, { now: true }).data?.set_sizes[draft.stage]
  const reasons = Object.fromEntries((suggestion?.categories ?? []).map((row) => [row.category, row.because]))
  return (
    <Form attempt={CALM} submit="Continue" onSubmit={onDone}>
      <Answer>Choose the categories, the type of report and its dates.</Answer>
      {suggestion && (
        <Note tone="except">
          <p>
            Suggested:{' '}
            {suggestion.report.value === 'type1'
              ? 'a type 1'
              : `a type 2 over ${count(suggestion.window_months.value, 'month')}`}
            . {capital(suggestion.report.because)}
            {suggestion.report.value === 'type2' && `; ${suggestion.window_months.because}`}.
          </p>
          <p>Stage: {suggestion.stage.because}.</p>
        </Note>
      )}
      <CategoryFields draft={draft} change={change} reasons={reasons} sizes={sizes} />
      <EngagementFields draft={draft} change={change} />
      <StageFields draft={draft} change={change} />
    </Form>
  )
}

/** The last of the scope's steps: it saves, and approves when the reader may and says so. */
export function ProvidersStep({ begun: { draft }, change, onDone }: StepProps) {
  const [approves, setApproves] = useState(true)
  const mayNotSave = useNeeds('so_admin', 'compliance_manager')
  const mayNotApprove = useNeeds('executive')
  const scope = useAsk('system.get', {}, { now: true })
  const approve = useCommand('system.approveScope', onDone)
  const save = useCommand('system.saveScope', ({ n }) => {
    if (approves && !mayNotApprove) approve.mutate({ n })
    else onDone()
  })
  const based_on = scope.data?.draft?.n ?? scope.data?.scope?.n ?? 0
  return (
    <Form
      attempt={{ error: save.error ?? approve.error, isPending: save.isPending || approve.isPending }}
      submit="Save the scope"
      because={mayNotSave}
      onSubmit={() => save.mutate({ based_on, scope: tidied(draft) })}
    >
      <Answer>Name the providers whose own controls you rely on. Most systems have one: the cloud they run on.</Answer>
      <SubserviceFields draft={draft} change={change} />
      {!mayNotApprove && (
        <CheckField
          label="Approve this scope as management's signatory"
          help="A scope counts once it is approved. Another person can do it later."
          value={approves}
          onChange={setApproves}
        />
      )}
    </Form>
  )
}
