// SPDX-License-Identifier: Apache-2.0
import { framework } from '../catalog/framework.ts'
import { actActions } from '../features/evidence/acts.actions.ts'
import { controlsActions } from '../features/controls/controls.actions.ts'
import { policiesActions } from '../features/policies/policies.actions.ts'
import { addPerson } from '../features/people/people.store.ts'
import { systemActions } from '../features/system/system.actions.ts'
import type { ScopeInput } from '../features/system/scope.ts'
import { addDays, type LocalDate } from '../lib/time.ts'
import { givenReading } from './readings.ts'
import type { World } from './world.ts'

export const ANNA = 'usr_00000000000000000000000001'
export const BORIS = 'usr_00000000000000000000000002'

/** A scope with security alone and a type 2 period of 180 days from 1 January 2026, in Berlin. */
export const SCOPE: ScopeInput = {
  organization_name: 'Acme',
  system_name: 'Acme Cloud',
  services: [{ name: 'Acme Cloud' }],
  inside: ['production account'],
  categories: ['security'],
  engagement: { type: 'type2', period_from: '2026-01-01', period_to: '2026-06-29' },
  time_zone: 'Europe/Berlin',
  stage: 'startup',
  people: 20,
  facts: { has_office: true, own_data_centre: false, carve_out_cloud: true, personal_data: 'processor' },
}

/** Two people, an approved scope, and the proposed controls (or those named) owned by Anna from the first day. */
export async function givenProgramme(
  world: World,
  given: {
    readonly scope?: Partial<ScopeInput>
    readonly controls?: readonly string[]
    readonly from?: LocalDate
    readonly policies?: boolean
  } = {},
): Promise<void> {
  const manager = world.actor(['so_admin'])
  const executive = { ...world.actor(['executive']), id: BORIS }
  for (const [id, name] of [
    [ANNA, 'anna'],
    [BORIS, 'boris'],
  ] as const)
    await world.tenant((tx) =>
      addPerson(tx, { id, name, email: `${name}@acme.test`, roles: ['control_owner'], password: 'none' }),
    )
  const saved = { based_on: 0, scope: { ...SCOPE, ...given.scope } }
  await world.perform('system.saveScope', systemActions['system.saveScope'], saved, manager)
  await world.perform('system.approveScope', systemActions['system.approveScope'], { n: 1 }, executive)
  const adopt = {
    ...(given.controls ? { controls: given.controls } : {}),
    owner: ANNA,
    effective_from: given.from ?? '2026-01-01',
  }
  await world.perform('controls.adopt', controlsActions['controls.adopt'], adopt, manager)
  if (given.policies === false) return
  for (const id of framework().policies.keys()) {
    const approval = {
      id,
      version_label: '1.0',
      reference: `wiki/${id}`,
      sha256: 'a'.repeat(64),
      effective_from: '2025-12-01',
      next_review: '2026-12-01',
    }
    await world.perform('policies.approve', policiesActions['policies.approve'], approval, executive)
  }
}

/** Anna attests a control for a span of days, on a document of its last day. Gives the attestation's id. */
export async function givenAttestation(
  world: World,
  control: string,
  from: LocalDate,
  to: LocalDate,
  outcome: 'performed' | 'not_performed' | 'no_occurrence' = 'performed',
): Promise<string> {
  const evidence = await givenDocument(world, `${control} ${to}`)
  const anna = { ...world.actor(['control_owner']), id: ANNA }
  const attestation = {
    control,
    statement: 'Done as the statement says.',
    outcome,
    period_from: from,
    period_to: to,
    evidence: [evidence],
  }
  const { id } = await world.perform('evidence.attest', actActions['evidence.attest'], attestation, anna)
  return id
}

/** A document as evidence, as an upload would leave it. Gives the collection's id. */
export const givenDocument = (world: World, name: string): Promise<string> =>
  givenReading(
    world,
    {
      kind: 'document',
      source: `documents ${name}`,
      rows: [
        {
          name,
          media_type: 'application/pdf',
          size_bytes: 1,
          sha256: 'b'.repeat(64),
          period_from: null,
          period_to: null,
          source: 'hand',
          prepared_by: 'Anna',
        },
      ],
    },
    { judge: false },
  )

/** Moves the clock to a time of a local day in Berlin's winter or summer: noon UTC is the same day in both. */
export const goTo = (world: World, day: LocalDate): void => world.clock.set(`${day}T12:00:00.000Z`)

/** Reads something at noon of every day from `from` to `to`. */
export async function givenDaily(
  world: World,
  from: LocalDate,
  to: LocalDate,
  read: (day: LocalDate) => Parameters<typeof givenReading>[1],
): Promise<void> {
  for (let day = from; day <= to; day = addDays(day, 1)) {
    goTo(world, day)
    await givenReading(world, read(day))
  }
}
