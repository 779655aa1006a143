// SPDX-License-Identifier: Apache-2.0
import { CheckField } from '../../web/form/choices.tsx'
import { useFaults } from '../../web/form/Form.tsx'
import { roleText } from '../../web/words.ts'
import type { PersonRole } from './roles.ts'

/** What each role may do, as `domain/rules.yaml` says. */
const MAY: Readonly<Record<PersonRole, string>> = {
  so_admin: 'Configures Assay and accounts; no right to alter audit work',
  compliance_manager: 'Runs readiness; manages controls, requests and the description',
  control_owner: 'Operates controls, submits evidence, attests',
  executive: 'Approves scope, description and assertion; accepts risk',
  oversight: 'Reads dashboards and reports, records review',
  employee: 'Acknowledges policies, does trainings',
  advisor: 'Reads and proposes; never approves',
  audit_staff: 'Requests, populations, samples, tests, proposed conclusions',
  audit_manager: 'Reviews workpapers, manages the audit team',
  engagement_partner: 'Concludes on criteria, signs and releases the report',
  quality_reviewer: 'Reviews before release; did none of the work',
  report_user: 'Requests and reads distributed documents',
}

/** Roles of one side; those of another side are out of reach once one is chosen. */
export function RolesField({
  offered,
  value,
  onChange,
}: {
  offered: readonly PersonRole[]
  value: readonly PersonRole[]
  onChange: (roles: PersonRole[]) => void
}) {
  const faults = useFaults('/roles')
  return (
    <fieldset className="flex flex-col gap-2.5">
      <legend className="mb-2 font-medium">Roles</legend>
      {offered.map((role) => (
        <CheckField
          key={role}
          label={roleText(role)}
          help={MAY[role]}
          value={value.includes(role)}
          onChange={(on) => onChange(on ? [...value, role] : value.filter((other) => other !== role))}
        />
      ))}
      {faults.length > 0 && <p className="text-sm text-fail-text">{faults.join('; ')}</p>}
    </fieldset>
  )
}
