// SPDX-License-Identifier: Apache-2.0
import { useParams } from '@tanstack/react-router'
import { Pencil } from 'lucide-react'
import type { Output } from '../../web/client.ts'
import { A, Page } from '../../web/layout/Page.tsx'
import { useAsk } from '../../web/operations.ts'
import { paths } from '../../web/paths.ts'
import { ButtonLink } from '../../web/ui/Button.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { StatusPill, Tag } from '../../web/ui/Status.tsx'
import { Tabs } from '../../web/ui/Tabs.tsx'
import { Answer, Note } from '../../web/ui/Text.tsx'
import { capital, sentence } from '../../web/words.ts'
import { CHECK_LOOKS } from './check-looks.ts'
import { OutcomeBar, outcomeWords, subjectsOf } from './OutcomeBar.tsx'
import { Outcomes } from './Outcomes.tsx'
import { later } from '../../web/ui/later.tsx'

const Runs = later(async () => (await import('./Runs.tsx')).Runs)

const Exceptions = later(async () => (await import('./Exceptions.tsx')).Exceptions)

const CheckText = later(async () => (await import('./CheckText.tsx')).CheckText)

type Check = Output<'checks.get'>

/** One check: what it finds over which subjects, why, and how to put it right. */
export function CheckPage() {
  const { id = '' }: { id?: string } = useParams({ strict: false })
  const asked = useAsk('checks.get', { id })
  return (
    <Page
      title={asked.data?.title ?? id}
      crumbs={[{ label: 'Checks', to: paths.checks }]}
      actions={
        <ButtonLink to={paths.editCheck(id)}>
          <Pencil /> Edit
        </ButtonLink>
      }
    >
      <Loaded of={asked}>{(check) => <Standing check={check} />}</Loaded>
    </Page>
  )
}

/** Why the check says nothing, or why the newest run says nothing of a part while the rest was judged. */
const becauseText = ({ state, because }: Check): string =>
  state === 'no_data' || state === 'inconclusive' || state === 'not_set_up'
    ? `${capital(because ?? '')}.`
    : `Not all of it could be judged: ${because ?? ''}.`

function Standing({ check }: { check: Check }) {
  const look = CHECK_LOOKS[check.state]
  return (
    <>
      <div className="flex flex-wrap items-center gap-2">
        <StatusPill state={check.state} {...look} />
        <Tag>{sentence(check.severity)}</Tag>
        <Tag>{sentence(check.kind)}</Tag>
        {check.origin === 'custom' && <Tag>Your own text</Tag>}
      </div>
      <Answer>
        {check.says}{' '}
        {check.state !== 'not_set_up' && (
          <>
            Of <b>{subjectsOf(check.counts)}</b>: {outcomeWords(check.counts)}.
          </>
        )}
      </Answer>
      {check.state !== 'not_set_up' && <OutcomeBar counts={check.counts} />}
      {check.because && <Note tone={check.state === 'pass' ? 'none' : 'late'}>{becauseText(check)}</Note>}
      {check.state === 'not_set_up' && (
        <Note tone="none">
          No source gives facts of the kind {check.kind.replaceAll('-', ' ')} yet.{' '}
          <A to={paths.newConnection}>Connect one</A> or{' '}
          <A to={paths.evidence} search={{ import: 'open' }}>
            add a file
          </A>
          .
        </Note>
      )}
      <Tabs
        tabs={[
          { id: 'subjects', label: 'Subjects', content: <Outcomes check={check} /> },
          { id: 'runs', label: 'Runs', content: <Runs id={check.id} streams={check.streams} /> },
          { id: 'exceptions', label: 'Exceptions', content: <Exceptions check={check.id} /> },
          { id: 'text', label: 'Question', content: <CheckText check={check} /> },
        ]}
      />
    </>
  )
}
