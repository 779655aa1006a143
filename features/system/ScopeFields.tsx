// SPDX-License-Identifier: Apache-2.0
import { daysBetween } from '../../lib/time.ts'
import { CheckField, RadioField } from '../../web/form/choices.tsx'
import { SelectField, TextArea, TextField } from '../../web/form/fields.tsx'
import { Lines } from '../../web/form/Lines.tsx'
import { Repeat } from '../../web/form/Repeat.tsx'
import { CATEGORY_IDS, categoryText, count, STAGE_CHOICES, type CategoryName } from '../../web/words.ts'
import type { ScopeDraft } from './scope-draft.ts'

/** Three months have at least this many days after the first. */
const SHORT_DAYS = 88

export interface FieldsProps {
  draft: ScopeDraft
  change: (part: Partial<ScopeDraft>) => void
}

/** What is examined: the system, what is inside its boundary and what is not. */
export function SystemFields({ draft, change }: FieldsProps) {
  return (
    <>
      <TextField
        label="Name of the system"
        help="As customers know it; it stands in the title of the report"
        pointer="/scope/system_name"
        value={draft.system_name}
        onChange={(system_name) => change({ system_name })}
      />
      <TextArea
        label="What it is for"
        optional
        pointer="/scope/purpose"
        rows={2}
        value={draft.purpose ?? ''}
        onChange={(purpose) => change({ purpose })}
      />
      <Repeat
        label="Services"
        help="What customers use, each under its own name"
        add="Add a service"
        items={draft.services}
        blank={() => ({ name: '', description: '' })}
        onChange={(services) => change({ services })}
      >
        {(service, set, i) => (
          <>
            <TextField
              label="Name"
              pointer={`/scope/services/${i}/name`}
              value={service.name}
              onChange={(name) => set({ name })}
            />
            <TextField
              label="What it does"
              optional
              pointer={`/scope/services/${i}/description`}
              value={service.description ?? ''}
              onChange={(description) => set({ description })}
            />
          </>
        )}
      </Repeat>
      <Lines
        label="Inside the boundary"
        help="Infrastructure, software, people, procedures and data, one a line"
        pointer="/scope/inside"
        placeholder={'Production cluster\nCustomer database\nEngineering and support teams'}
        value={draft.inside}
        onChange={(inside) => change({ inside })}
      />
      <Repeat
        label="Left out"
        help="Anything a reader could expect inside; each exclusion needs its reason"
        add="Leave something out"
        items={draft.outside ?? []}
        blank={() => ({ what: '', because: '' })}
        onChange={(outside) => change({ outside })}
      >
        {(row, set, i) => (
          <>
            <TextField
              label="What"
              pointer={`/scope/outside/${i}/what`}
              value={row.what}
              onChange={(what) => set({ what })}
            />
            <TextField
              label="Because"
              pointer={`/scope/outside/${i}/because`}
              value={row.because}
              onChange={(because) => set({ because })}
            />
          </>
        )}
      </Repeat>
    </>
  )
}

/** The five categories, each with the reason for or against it and what it adds. */
export function CategoryFields({
  draft,
  change,
  reasons,
  sizes,
}: FieldsProps & {
  reasons: Readonly<Record<string, string>>
  sizes: Readonly<Record<string, number>> | undefined
}) {
  const toggle = (category: CategoryName, on: boolean): void =>
    change({
      categories: CATEGORY_IDS.filter((id) => (id === category ? on : draft.categories.includes(id))),
    })
  return (
    <fieldset className="flex flex-col gap-4">
      <legend className="mb-3 font-medium">Categories</legend>
      {CATEGORY_IDS.map((category) => (
        <CheckField
          key={category}
          label={
            <>
              <span className="font-medium">{categoryText(category)}</span>
              {sizes?.[category] !== undefined && (
                <span className="ml-2 text-sm text-ink-3">
                  {category === 'security' ? '' : 'adds '}
                  {count(sizes[category], 'control')}
                </span>
              )}
            </>
          }
          help={category === 'security' ? (reasons[category] ?? 'Part of every SOC 2.') : reasons[category]}
          value={draft.categories.includes(category)}
          disabled={category === 'security'}
          onChange={(on) => toggle(category, on)}
        />
      ))}
    </fieldset>
  )
}

/** Type 1 or type 2, its dates, and the zone whose days count. */
export function EngagementFields({ draft, change }: FieldsProps) {
  const { engagement } = draft
  const zones = Intl.supportedValuesOf('timeZone')
  return (
    <>
      <RadioField
        label="Type of report"
        pointer="/scope/engagement/type"
        value={engagement.type}
        choices={[
          {
            value: 'type1',
            label: 'Type 1',
            says: 'Suitable design on one day; quicker, and says nothing about operation',
          },
          { value: 'type2', label: 'Type 2', says: 'Design and operation over a period; what most customers ask for' },
        ]}
        onChange={(type) =>
          change({
            engagement:
              type === 'type1'
                ? { type, as_of: engagement.type === 'type2' ? engagement.period_from : engagement.as_of }
                : engagement.type === 'type2'
                  ? engagement
                  : { type: 'type2', period_from: engagement.as_of, period_to: engagement.as_of },
          })
        }
      />
      {engagement.type === 'type1' ? (
        <TextField
          label="As of"
          type="date"
          pointer="/scope/engagement/as_of"
          value={engagement.as_of}
          onChange={(as_of) => change({ engagement: { ...engagement, as_of } })}
        />
      ) : (
        <>
          <div className="flex flex-wrap gap-4">
            <TextField
              label="First day of the period"
              type="date"
              pointer="/scope/engagement/period_from"
              value={engagement.period_from}
              onChange={(period_from) => change({ engagement: { ...engagement, period_from } })}
            />
            <TextField
              label="Last day, included"
              type="date"
              pointer="/scope/engagement/period_to"
              value={engagement.period_to}
              onChange={(period_to) => change({ engagement: { ...engagement, period_to } })}
            />
          </div>
          {(daysBetween(engagement.period_from, engagement.period_to) < SHORT_DAYS || engagement.short_because) && (
            <TextField
              label="Why under 3 months"
              help="Some customers refuse so short a period; the report gives the reason"
              pointer="/scope/engagement/short_because"
              value={engagement.short_because ?? ''}
              onChange={(text) => {
                const { short_because: _, ...rest } = engagement
                change({ engagement: text === '' ? rest : { ...rest, short_because: text } })
              }}
            />
          )}
        </>
      )}
      <SelectField
        label="Time zone"
        help="The zone whose days are counted, for every control"
        pointer="/scope/time_zone"
        value={draft.time_zone}
        choices={[...new Set([draft.time_zone, 'UTC', ...zones])].map((zone) => ({ value: zone, label: zone }))}
        onChange={(time_zone) => change({ time_zone })}
      />
      <TextField
        label="Report wanted by"
        type="date"
        optional
        pointer="/scope/target_report_date"
        value={draft.target_report_date ?? ''}
        onChange={(day) => {
          const { target_report_date: _, ...rest } = draft
          change(day === '' ? { ...rest, target_report_date: undefined } : { target_report_date: day })
        }}
      />
    </>
  )
}

/** Size and facts that choose the control set. */
export function StageFields({ draft, change }: FieldsProps) {
  return (
    <>
      <RadioField
        label="Stage"
        pointer="/scope/stage"
        value={draft.stage}
        choices={STAGE_CHOICES}
        onChange={(stage) => change({ stage: stage as ScopeDraft['stage'] })}
      />
      <TextField
        label="People who work on the system or have access"
        type="number"
        min={1}
        pointer="/scope/people"
        value={String(draft.people)}
        onChange={(people) => change({ people: Number(people) })}
      />
      <fieldset className="flex flex-col gap-3">
        <legend className="mb-2 font-medium">Facts that change the control set</legend>
        <CheckField
          label="People work on the system in an office"
          value={draft.facts.has_office}
          onChange={(has_office) => change({ facts: { ...draft.facts, has_office } })}
        />
        <CheckField
          label="Part of it runs in a data centre of your own"
          value={draft.facts.own_data_centre}
          onChange={(own_data_centre) => change({ facts: { ...draft.facts, own_data_centre } })}
        />
        <CheckField
          label="Part of it runs at a provider whose controls are carved out"
          value={draft.facts.carve_out_cloud}
          onChange={(carve_out_cloud) => change({ facts: { ...draft.facts, carve_out_cloud } })}
        />
      </fieldset>
      <SelectField
        label="Role towards personal information"
        value={draft.facts.personal_data}
        choices={[
          { value: 'none', label: 'None is held' },
          { value: 'processor', label: 'Held for customers who decide about it' },
          { value: 'controller', label: 'You decide what it is used for' },
          { value: 'both', label: 'Both' },
        ]}
        onChange={(value) =>
          change({ facts: { ...draft.facts, personal_data: value as ScopeDraft['facts']['personal_data'] } })
        }
      />
    </>
  )
}
