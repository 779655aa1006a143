// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import type { Output } from '../../web/client.ts'
import { useDay } from '../../web/clocks.ts'
import { dayDistance, dayText } from '../../web/dates.ts'
import { A } from '../../web/layout/Page.tsx'
import { useNeeds, useShell } from '../../web/layout/shell.ts'
import { useAsk, useCommand } from '../../web/operations.ts'
import { paths } from '../../web/paths.ts'
import { Button } from '../../web/ui/Button.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { SkeletonRows } from '../../web/ui/Skeleton.tsx'
import { Status, StatusPill, Tag } from '../../web/ui/Status.tsx'
import { Answer, Fact, Facts, Section } from '../../web/ui/Text.tsx'
import { Trouble } from '../../web/ui/Trouble.tsx'
import { say } from '../../web/ui/toasts.ts'
import { sentence } from '../../web/words.ts'
import { useNames } from '../people/useNames.tsx'
import { MOVES, TASK_LOOKS, TASK_TYPES } from './task-looks.ts'
import { later } from '../../web/ui/later.tsx'

const VerifyTask = later(async () => (await import('./VerifyTask.tsx')).VerifyTask)

const ChangeTask = later(async () => (await import('./ChangeTask.tsx')).ChangeTask)

const AcceptTask = later(async () => (await import('./AcceptTask.tsx')).AcceptTask)

type Task = Output<'tasks.get'>

/** One task: what is wrong, what to do, how it went, and what can be done with it now. */
export function TaskView({ id }: { id: string }) {
  const asked = useAsk('tasks.get', { id })
  return (
    <Loaded of={asked} waiting={<SkeletonRows rows={6} />}>
      {(task) => <Standing task={task} />}
    </Loaded>
  )
}

function Standing({ task }: { task: Task }) {
  const today = useDay()
  return (
    <div className="flex flex-col gap-6">
      <div className="flex flex-wrap gap-2">
        <StatusPill state={task.state} {...TASK_LOOKS[task.state]} />
        {task.overdue && <StatusPill state="overdue" />}
        <Tag>{TASK_TYPES[task.type] ?? task.type}</Tag>
        <Tag>{sentence(task.severity)}</Tag>
      </div>
      <Answer>{task.title}</Answer>
      <Moves task={task} />
      <Section title="What is wrong">
        <p className="prose-line whitespace-pre-line">{task.finding}</p>
      </Section>
      <Section title="What to do">
        <p className="prose-line whitespace-pre-line">{task.remediation}</p>
      </Section>
      <Facts>
        <Fact name="Owner">{task.owner_name ?? 'Nobody'}</Fact>
        <Fact name="Due">
          {dayText(task.due_on)}, {dayDistance(task.due_on, today)}
        </Fact>
        {task.accepted_until && <Fact name="Accepted until">{dayText(task.accepted_until)}</Fact>}
        {task.control_id && (
          <Fact name="Control">
            <A to={paths.control(task.control_id)}>{task.control_id}</A>
          </Fact>
        )}
        {task.criterion_id && (
          <Fact name="Criterion">
            <A to={paths.criterion(task.criterion_id)}>{task.criterion_id}</A>
          </Fact>
        )}
        {task.policy_id && (
          <Fact name="Policy">
            <A to={paths.policies} search={{ open: task.policy_id }}>
              {task.policy_id}
            </A>
          </Fact>
        )}
        <Fact name="Found by">{task.by_rule ? 'A rule, which closes it when its cause is gone' : 'A person'}</Fact>
      </Facts>
      <Story task={task} />
    </div>
  )
}

type Open = 'change' | 'accept' | 'verify'

function Moves({ task }: { task: Task }) {
  const { me } = useShell()
  const [open, setOpen] = useState<Open | undefined>(undefined)
  const manages = useNeeds('so_admin', 'compliance_manager')
  const accepts = useNeeds('executive', 'compliance_manager')
  const update = useCommand('tasks.update', ({ state }) => say(`The task is ${TASK_LOOKS[state].label.toLowerCase()}`))
  const notMine = task.owner === me.id ? undefined : manages
  const own = task.owner === me.id && 'Whoever did the work does not verify it; ask another person'
  const ownerless = task.owner === null && 'Give it an owner first'
  const finished = task.state === 'closed' || task.state === 'verified'
  const close = (): void => setOpen(undefined)
  if (finished) return null
  return (
    <div className="flex flex-wrap gap-2">
      {MOVES[task.state].map((state) => (
        <Button
          key={state}
          because={notMine ?? (state === 'open' ? false : ownerless)}
          busy={update.isPending}
          onClick={() => update.mutate({ id: task.id, based_on: task.n, state })}
        >
          {VERBS[state]}
        </Button>
      ))}
      {task.state === 'ready_for_verification' && (
        <Button weight="primary" because={own} onClick={() => setOpen('verify')}>
          Verify
        </Button>
      )}
      <Button because={notMine} onClick={() => setOpen('change')}>
        Owner and date
      </Button>
      {task.state !== 'accepted' && (
        <Button because={accepts} onClick={() => setOpen('accept')}>
          Accept for a time
        </Button>
      )}
      {update.error && (
        <div className="basis-full">
          <Trouble error={update.error} />
        </div>
      )}
      {open === 'change' && <ChangeTask task={task} onClose={close} />}
      {open === 'accept' && <AcceptTask task={task} onClose={close} />}
      {open === 'verify' && <VerifyTask task={task} onClose={close} />}
    </div>
  )
}

const VERBS: Readonly<Record<Task['state'], string>> = {
  open: 'Open again',
  planned: 'Plan',
  in_progress: 'Start',
  ready_for_verification: 'Ready to be verified',
  verified: 'Verify',
  closed: 'Close',
  accepted: 'Accept',
}

function Story({ task }: { task: Task }) {
  const nameOf = useNames()
  return (
    <Section title="Story">
      <ol className="flex flex-col gap-3">
        {task.events.toReversed().map((event) => (
          <li key={event.n} className="flex flex-wrap items-baseline gap-x-3">
            <Status state={event.state} {...TASK_LOOKS[event.state]} />
            <span className="text-sm text-ink-3">
              <Moment at={event.recorded_at} />, {nameOf(event.acted_by)}
            </span>
            <span className="basis-full text-sm text-ink-2">{event.because}</span>
          </li>
        ))}
      </ol>
    </Section>
  )
}
