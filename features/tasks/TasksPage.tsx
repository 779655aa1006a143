// SPDX-License-Identifier: Apache-2.0
import { LayoutList, Plus, SquareKanban } from 'lucide-react'
import { useState } from 'react'
import type { Input, RowOf } from '../../web/client.ts'
import { Page } from '../../web/layout/Page.tsx'
import { useNeeds, useShell } from '../../web/layout/shell.ts'
import { useRows } from '../../web/operations.ts'
import { useSearchText, useSearchTexts } from '../../web/search.ts'
import { Button, IconButton } from '../../web/ui/Button.tsx'
import { Drawer } from '../../web/ui/Drawer.tsx'
import { Answer } from '../../web/ui/Text.tsx'
import { count } from '../../web/words.ts'
import { TaskBoard } from './TaskBoard.tsx'
import { TaskList } from './TaskList.tsx'
import { SEVERITIES, TASK_STATES, TASK_TYPES } from './task-looks.ts'
import { later } from '../../web/ui/later.tsx'

const TaskView = later(async () => (await import('./TaskView.tsx')).TaskView)

const NewTask = later(async () => (await import('./NewTask.tsx')).NewTask)

type Row = RowOf<'tasks.list'>
type Filter = Omit<Input<'tasks.list'>, 'after' | 'limit'>

/** Gaps and other work, by the day they are due; as a list or a board. */
export function TasksPage() {
  const texts = useSearchTexts()
  const { me } = useShell()
  const [open, setOpen] = useSearchText('open')
  const [view, setView] = useSearchText('view')
  const [adding, setAdding] = useState(false)
  const needs = useNeeds('so_admin', 'compliance_manager', 'control_owner', 'executive', 'advisor')
  const list = useRows('tasks.list', filterOf(texts, me.id), 200)
  return (
    <Page
      title="Tasks"
      actions={
        <>
          <div className="flex">
            <IconButton says="As a list" aria-pressed={view !== 'board'} onClick={() => setView(undefined)}>
              <LayoutList />
            </IconButton>
            <IconButton says="As a board" aria-pressed={view === 'board'} onClick={() => setView('board')}>
              <SquareKanban />
            </IconButton>
          </div>
          <Button weight="primary" because={needs} onClick={() => setAdding(true)}>
            <Plus /> Note a task
          </Button>
        </>
      }
    >
      {!list.loading && <Standing rows={list.rows} whole={list.whole} />}
      {view === 'board' ? (
        <TaskBoard list={list} onOpen={setOpen} />
      ) : (
        <TaskList list={list} open={open} onOpen={setOpen} />
      )}
      <Drawer open={open !== undefined} onClose={() => setOpen(undefined)} title="Task">
        {open && <TaskView id={open} />}
      </Drawer>
      {adding && <NewTask onClose={() => setAdding(false)} />}
    </Page>
  )
}

function filterOf(texts: Readonly<Record<string, string | undefined>>, me: string): Filter {
  const state = TASK_STATES.find((other) => other === texts['state'])
  const severity = SEVERITIES.find((other) => other === texts['severity'])
  const type = Object.keys(TASK_TYPES).find((other) => other === texts['type']) as Filter['type']
  return {
    state: state ?? 'unfinished',
    ...(severity ? { severity } : {}),
    ...(type ? { type } : {}),
    ...(texts['owner'] === 'me' ? { owner: me } : {}),
    ...(texts['q'] ? { search: texts['q'] } : {}),
  }
}

function Standing({ rows, whole }: { rows: readonly Row[]; whole: boolean }) {
  const overdue = rows.filter((row) => row.overdue).length
  const nobody = rows.filter((row) => row.owner === null).length
  if (rows.length === 0) return null
  return (
    <Answer>
      <b>
        {count(rows.length, 'task')}
        {whole ? '' : ' or more'}
      </b>
      {overdue > 0 ? `; ${overdue} overdue` : ', none overdue'}
      {nobody > 0 && `; ${nobody} ${nobody === 1 ? 'belongs' : 'belong'} to nobody yet`}.
    </Answer>
  )
}
