// SPDX-License-Identifier: Apache-2.0
import { useMutation } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { call } from '../../web/client.ts'
import { Form } from '../../web/form/Form.tsx'
import { TextArea } from '../../web/form/fields.tsx'
import { useDraft } from '../../web/form/useDraft.tsx'
import { Page } from '../../web/layout/Page.tsx'
import { useNeeds } from '../../web/layout/shell.ts'
import { useAsk, useCommand } from '../../web/operations.ts'
import { paths } from '../../web/paths.ts'
import { Button } from '../../web/ui/Button.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { Trouble } from '../../web/ui/Trouble.tsx'
import { say } from '../../web/ui/toasts.ts'
import { CheckHelp } from './CheckHelp.tsx'
import { FIRST_TEXT } from './first-text.ts'
import { Trial } from './Trial.tsx'

/** Changes the text of a check; the version before stays with everything it judged. */
export function EditCheckPage() {
  const { id = '' }: { id?: string } = useParams({ strict: false })
  const asked = useAsk('checks.get', { id }, { now: true })
  return (
    <Page
      title="Edit"
      crumbs={[
        { label: 'Checks', to: paths.checks },
        { label: asked.data?.title ?? id, to: paths.check(id) },
      ]}
    >
      <Loaded of={asked}>{(check) => <Editor version={check.version} text={check.document} />}</Loaded>
    </Page>
  )
}

/** A new check of one's own. */
export function NewCheckPage() {
  return (
    <Page title="Write a check" crumbs={[{ label: 'Checks', to: paths.checks }]}>
      <Editor text={FIRST_TEXT} version={0} />
    </Page>
  )
}

function Editor({ version, text: document }: { version: number; text: string }) {
  const { draft: text, setDraft, began, meanwhile } = useDraft({ n: version, document }, () => save.reset())
  const navigate = useNavigate()
  const needs = useNeeds('so_admin', 'compliance_manager')
  const trial = useMutation({ mutationFn: () => call('checks.try', { document: text }) })
  const save = useCommand('checks.save', (saved) => {
    say(`Version ${saved.version} is saved and judges from now on`)
    void navigate({ to: paths.check(saved.id) })
  })
  return (
    <div className="grid grid-cols-1 gap-8 xl:grid-cols-[minmax(0,1fr)_420px]">
      <div className="flex flex-col gap-6 [&_form]:max-w-none">
        <Form
          attempt={save}
          submit="Save and judge"
          because={needs}
          dirty={text !== began.document && !save.isSuccess}
          onSubmit={() => save.mutate({ document: text, version: began.n })}
        >
          {meanwhile}
          <TextArea
            label="Text"
            help="YAML with a CEL predicate. It is type-checked against its kind and its examples are run before it may judge."
            pointer="/document"
            mono
            rows={26}
            value={text}
            onChange={(next) => setDraft(() => next)}
          />
          <div>
            <Button because={needs} busy={trial.isPending} onClick={() => trial.mutate()}>
              Try on the facts of now
            </Button>
          </div>
        </Form>
        {trial.error && <Trouble error={trial.error} />}
        {trial.data && <Trial trial={trial.data} />}
      </div>
      <CheckHelp text={text} />
    </div>
  )
}
