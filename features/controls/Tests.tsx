// SPDX-License-Identifier: Apache-2.0
import type { Output } from '../../web/client.ts'
import { PlainTable } from '../../web/table/PlainTable.tsx'
import { Tag } from '../../web/ui/Status.tsx'
import { Fact, Facts, Note, Section } from '../../web/ui/Text.tsx'
import { sentence } from '../../web/words.ts'

type Control = Output<'controls.get'>

/** What an auditor may do and ask for; so that nothing comes as a surprise. */
export function Tests({ control }: { control: Control }) {
  const { type2 } = control.tests
  return (
    <div className="flex flex-col gap-8">
      <Note tone="none">
        Proposals to prepare by. The audit firm decides what it tests, how, and how many items; it may adopt, change or
        replace any of this.
      </Note>
      <Section title="Population" says="The complete list a sample would be drawn from.">
        <Facts>
          <Fact name="Name">{control.population.name}</Fact>
          <Fact name="One item is">{control.population.unit}</Fact>
          <Fact name="Source of truth">{control.population.source_of_truth}</Fact>
          <Fact name="Fields">{control.population.minimum_fields.join(', ')}</Fact>
          <Fact name="Complete and accurate">{control.population.completeness_and_accuracy}</Fact>
        </Facts>
      </Section>
      <Section title="Test of design, type 1">
        <Steps steps={control.tests.type1} />
      </Section>
      <Section
        title="Test of operation, type 2"
        says={`${sentence(type2.approach)}${type2.may_have_no_occurrences ? '; there may be nothing to test in a period' : ''}`}
      >
        <Steps steps={type2.steps} />
        {type2.attributes.length > 0 && (
          <ul className="list-disc pl-5">
            {type2.attributes.map((attribute) => (
              <li key={attribute}>{attribute}</li>
            ))}
          </ul>
        )}
      </Section>
      <Section title="Requests it answers">
        <PlainTable
          label="Requests"
          rows={control.requests}
          rowKey={(row) => row.id}
          columns={[
            { id: 'id', header: 'Request', width: '80px', cell: (row) => row.id },
            { id: 'text', header: 'What is asked', cell: (row) => row.request },
            { id: 'kind', header: 'Kind', width: '130px', from: 'sm', cell: (row) => sentence(row.kind) },
          ]}
        />
      </Section>
      <Section title="Exceptions auditors often find">
        <ul className="list-disc pl-5">
          {control.typical_exceptions.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      </Section>
      <Section
        title="Also supports"
        says="The same evidence may serve these; a mapping is a starting point, never a proof."
      >
        <Facts>
          {control.crosswalk.map((framework) => (
            <Fact key={framework.framework} name={framework.name}>
              <span className="flex flex-wrap gap-1">
                {framework.items.map((item) => (
                  <span key={item.id} title={item.title}>
                    <Tag>{item.id}</Tag>
                  </span>
                ))}
              </span>
            </Fact>
          ))}
        </Facts>
      </Section>
    </div>
  )
}

function Steps({ steps }: { steps: Control['tests']['type1'] }) {
  return (
    <ol className="flex flex-col gap-2">
      {steps.map((step, i) => (
        <li key={i} className="flex gap-3">
          <Tag>{sentence(step.method)}</Tag>
          <span className="prose-line">{step.step}</span>
        </li>
      ))}
    </ol>
  )
}
