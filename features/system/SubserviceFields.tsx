// SPDX-License-Identifier: Apache-2.0
import { RadioField } from '../../web/form/choices.tsx'
import { TextField } from '../../web/form/fields.tsx'
import { Lines } from '../../web/form/Lines.tsx'
import { Repeat } from '../../web/form/Repeat.tsx'
import type { FieldsProps } from './ScopeFields.tsx'

/** Providers whose controls the criteria need: cloud, identity, payment. */
export function SubserviceFields({ draft, change }: FieldsProps) {
  return (
    <Repeat
      label="Subservice organisations"
      help="Providers whose own controls are needed to meet a criterion, such as the cloud the system runs on. Other vendors do not belong here."
      add="Add a subservice organisation"
      items={draft.subservice_organizations ?? []}
      blank={() => ({ name: '', service: '', method: 'carve_out' as const, criteria: [], expected_controls: [] })}
      onChange={(subservice_organizations) => change({ subservice_organizations })}
    >
      {(organization, set, i) => {
        const at = `/scope/subservice_organizations/${i}`
        return (
          <>
            <TextField
              label="Name"
              pointer={`${at}/name`}
              value={organization.name}
              onChange={(name) => set({ name })}
            />
            <TextField
              label="What it does for the system"
              pointer={`${at}/service`}
              value={organization.service}
              onChange={(service) => set({ service })}
            />
            <RadioField
              label="Method"
              pointer={`${at}/method`}
              value={organization.method}
              choices={[
                {
                  value: 'carve_out',
                  label: 'Carve-out',
                  says: 'Its controls are left out and named as expected; the usual choice',
                },
                {
                  value: 'inclusive',
                  label: 'Inclusive',
                  says: 'Its controls are examined too, and it signs its own assertion',
                },
              ]}
              onChange={(method) => set({ method: method === 'inclusive' ? 'inclusive' : 'carve_out' })}
            />
            <TextField
              label="Criteria that need its controls"
              help="Ids with commas between: CC6.4, A1.2"
              pointer={`${at}/criteria`}
              value={organization.criteria.join(', ')}
              onChange={(text) => set({ criteria: text === '' ? [] : text.split(/\s*,\s*/) })}
            />
            <Lines
              label="Controls expected there"
              help="Complementary subservice organisation controls, one a line"
              pointer={`${at}/expected_controls`}
              rows={2}
              value={organization.expected_controls ?? []}
              onChange={(expected_controls) => set({ expected_controls })}
            />
          </>
        )
      }}
    </Repeat>
  )
}
