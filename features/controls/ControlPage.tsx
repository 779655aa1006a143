// SPDX-License-Identifier: Apache-2.0
import { useParams } from '@tanstack/react-router'
import { useState } from 'react'
import type { Output } from '../../web/client.ts'
import { A, Page } from '../../web/layout/Page.tsx'
import { useNeeds } from '../../web/layout/shell.ts'
import { useAsk } from '../../web/operations.ts'
import { paths } from '../../web/paths.ts'
import { Button } from '../../web/ui/Button.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { StatusPill, Tag } from '../../web/ui/Status.tsx'
import { Tabs } from '../../web/ui/Tabs.tsx'
import { Answer, Fact, Facts, Note, Section } from '../../web/ui/Text.tsx'
import { capital } from '../../web/words.ts'
import { ControlEvidence } from '../evidence/ControlEvidence.tsx'
import { ControlReadiness } from '../readiness/ControlReadiness.tsx'
import { ControlChecks } from './ControlChecks.tsx'
import { FREQUENCIES, NATURES, STANDING_LOOKS } from './control-looks.ts'
import { Tests } from './Tests.tsx'
import { Versions } from './Versions.tsx'
import { later } from '../../web/ui/later.tsx'

const ScopeDialog = later(async () => (await import('./ScopeDialog.tsx')).ScopeDialog)

const EditControl = later(async () => (await import('./EditControl.tsx')).EditControl)

const AssignDialog = later(async () => (await import('./AssignDialog.tsx')).AssignDialog)

type Control = Output<'controls.get'>
type Open = 'edit' | 'assign' | 'exclude' | 'include'

/** One control: how it stands day by day and why, its checks, its evidence, its words over time. */
export function ControlPage() {
  const { id = '' }: { id?: string } = useParams({ strict: false })
  const asked = useAsk('controls.get', { id })
  const [open, setOpen] = useState<Open | undefined>(undefined)
  const needs = useNeeds('so_admin', 'compliance_manager')
  const control = asked.data
  const close = (): void => setOpen(undefined)
  return (
    <Page
      title={control?.title ?? id}
      mark={control && id}
      crumbs={[{ label: 'Controls', to: paths.controls }]}
      actions={
        control &&
        control.state !== 'not_adopted' && (
          <>
            <Button because={needs} onClick={() => setOpen('assign')}>
              Assign
            </Button>
            {control.state === 'excluded' ? (
              <Button because={needs} onClick={() => setOpen('include')}>
                Take back in
              </Button>
            ) : (
              <>
                <Button because={needs} onClick={() => setOpen('exclude')}>
                  Leave out
                </Button>
                <Button because={needs} onClick={() => setOpen('edit')}>
                  Change
                </Button>
              </>
            )}
          </>
        )
      }
    >
      <Loaded of={asked}>{(found) => <Standing control={found} />}</Loaded>
      {control && open === 'edit' && <EditControl control={control} onClose={close} />}
      {control && open === 'assign' && <AssignDialog controls={[id]} onClose={close} />}
      {control && (open === 'exclude' || open === 'include') && (
        <ScopeDialog control={control} move={open} onClose={close} />
      )}
    </Page>
  )
}

function Standing({ control }: { control: Control }) {
  const adopted = control.state !== 'not_adopted'
  return (
    <>
      <div className="flex flex-wrap items-center gap-2">
        {control.state !== 'in_scope' && <StatusPill state={control.state} {...STANDING_LOOKS[control.state]} />}
        {control.is_key && <Tag>Key control</Tag>}
        <Tag>{FREQUENCIES[control.frequency] ?? control.frequency}</Tag>
        <Tag>{NATURES[control.nature] ?? control.nature}</Tag>
        <Tag>{capital(control.type)}</Tag>
      </div>
      <Answer>{control.statement}</Answer>
      {control.because && <Note tone="except">Left out because {control.because}</Note>}
      {control.vague_words.length > 0 && (
        <Note tone="late">
          The auditor cannot test “{control.vague_words.join('”, “')}”: say a number, a time or a name instead.
        </Note>
      )}
      {adopted && control.state !== 'excluded' && <ControlReadiness id={control.id} />}
      <Tabs
        tabs={[
          { id: 'checks', label: 'Checks', content: <ControlChecks control={control.id} /> },
          {
            id: 'evidence',
            label: 'Evidence and attestations',
            content: <ControlEvidence control={control.id} slots={control.slots} />,
          },
          { id: 'about', label: 'About', content: <About control={control} /> },
          { id: 'versions', label: 'Versions', content: <Versions control={control} /> },
          { id: 'tests', label: 'What an auditor may test', content: <Tests control={control} /> },
        ]}
      />
    </>
  )
}

function About({ control }: { control: Control }) {
  return (
    <Section title="About the control">
      <Facts>
        <Fact name="Owner">
          {control.owner?.name ?? 'Nobody'} ({control.owner_role})
        </Fact>
        <Fact name="Criteria">
          {control.criteria.map((id, i) => (
            <span key={id}>
              {i > 0 && ', '}
              <A to={paths.criterion(id)}>{id}</A>
            </span>
          ))}
        </Fact>
        <Fact name="Policy">
          <A to={paths.policies} search={{ open: control.policy_id }}>
            {control.policy_id}
          </A>
        </Fact>
        <Fact name="Domain">{control.domain}</Fact>
        {Object.entries(control.parameters).map(([name, value]) => (
          <Fact key={name} name={capital(name.replaceAll('_', ' '))}>
            {Array.isArray(value) ? value.map(String).join(', ') : String(value)}
          </Fact>
        ))}
        {control.startup_note && <Fact name="When small">{control.startup_note}</Fact>}
      </Facts>
    </Section>
  )
}
