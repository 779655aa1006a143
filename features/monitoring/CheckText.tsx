// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import { useNavigate } from '@tanstack/react-router'
import type { Output } from '../../web/client.ts'
import { Form } from '../../web/form/Form.tsx'
import { TextArea } from '../../web/form/fields.tsx'
import { A } from '../../web/layout/Page.tsx'
import { useNeeds } from '../../web/layout/shell.ts'
import { useCommand } from '../../web/operations.ts'
import { paths } from '../../web/paths.ts'
import { PlainTable } from '../../web/table/PlainTable.tsx'
import { Button } from '../../web/ui/Button.tsx'
import { CodeBlock, Mono } from '../../web/ui/Code.tsx'
import { Dialog } from '../../web/ui/Dialog.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { Tag } from '../../web/ui/Status.tsx'
import { Section } from '../../web/ui/Text.tsx'
import { say } from '../../web/ui/toasts.ts'
import { sentence, shortHash } from '../../web/words.ts'

type Check = Output<'checks.get'>

/** The question itself, the controls it speaks for and why, its versions, and its retirement. */
export function CheckText({ check }: { check: Check }) {
  const [retiring, setRetiring] = useState(false)
  const needs = useNeeds('so_admin', 'compliance_manager')
  return (
    <div className="flex flex-col gap-8">
      <Section title="Controls it speaks for">
        <PlainTable
          label="Controls"
          rows={check.controls}
          rowKey={(row) => row.control_id}
          empty="None: its verdicts are kept, and count for no control."
          columns={[
            {
              id: 'control',
              header: 'Control',
              width: '90px',
              cell: (row) => <A to={paths.control(row.control_id)}>{row.control_id}</A>,
            },
            { id: 'strength', header: 'Strength', width: '110px', cell: (row) => <Tag>{sentence(row.strength)}</Tag> },
            { id: 'why', header: 'Why', cell: (row) => <span className="text-ink-2">{row.rationale}</span> },
          ]}
        />
      </Section>
      <Section title="The text that judges" says="A passing check is evidence for a control, never the control itself.">
        <CodeBlock label={`Version ${check.version}, SHA-256 ${shortHash(check.sha256)}`} text={check.document} tall />
      </Section>
      <Section
        title="Versions"
        aside={
          <Button small weight="danger" because={needs} onClick={() => setRetiring(true)}>
            Retire the check
          </Button>
        }
      >
        <PlainTable
          label="Versions"
          rows={check.versions}
          rowKey={(row) => String(row.version)}
          columns={[
            { id: 'version', header: 'Version', width: '80px', cell: (row) => row.version },
            {
              id: 'origin',
              header: 'From',
              width: '120px',
              cell: (row) => (row.origin === 'catalog' ? 'Catalog' : 'Your own'),
            },
            { id: 'since', header: 'In force from', cell: (row) => <Moment at={row.effective_from} /> },
            {
              id: 'to',
              header: 'To',
              from: 'sm',
              cell: (row) => (row.effective_to ? <Moment at={row.effective_to} /> : 'now'),
            },
            {
              id: 'sha',
              header: 'SHA-256',
              width: '150px',
              from: 'md',
              cell: (row) => <Mono full={row.sha256}>{shortHash(row.sha256)}</Mono>,
            },
          ]}
        />
      </Section>
      {retiring && <Retire check={check} onClose={() => setRetiring(false)} />}
    </div>
  )
}

function Retire({ check, onClose }: { check: Check; onClose: () => void }) {
  const [because, setBecause] = useState('')
  const navigate = useNavigate()
  const retire = useCommand('checks.retire', () => {
    say(`"${check.title}" is retired`)
    void navigate({ to: paths.checks })
  })
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Retire "${check.title}"?`}
      says="It judges no more. Everything it found stays in the ledger and in the days of its controls."
    >
      <Form
        attempt={retire}
        submit="Retire the check"
        danger
        onCancel={onClose}
        onSubmit={() => retire.mutate({ id: check.id, because })}
      >
        <TextArea label="Why" pointer="/because" rows={3} value={because} onChange={setBecause} />
      </Form>
    </Dialog>
  )
}
