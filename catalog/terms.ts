// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'

/** Closed vocabularies of the field that content, rules and pages share. */

export const CATEGORIES = ['security', 'availability', 'confidentiality', 'processing_integrity', 'privacy'] as const
export type Category = (typeof CATEGORIES)[number]
/** How far an organisation is; each stage includes the controls of those before it. */
export const STAGES = ['startup', 'growth', 'enterprise'] as const
export type Stage = (typeof STAGES)[number]
export const FREQUENCIES = ['continuous', 'event_driven', 'daily', 'weekly', 'monthly', 'quarterly', 'annual'] as const
export type Frequency = (typeof FREQUENCIES)[number]
export const NATURES = ['manual', 'automated', 'it_dependent_manual'] as const
export type Nature = (typeof NATURES)[number]

export const GAP_TYPES = [
  'missing_policy',
  'missing_control',
  'unmapped_criterion',
  'ineffective_control',
  'lacking_documentation',
  'unmitigated_risk',
] as const
export type GapType = (typeof GAP_TYPES)[number]
export const SEVERITIES = ['critical', 'high', 'medium', 'low'] as const
export type Severity = (typeof SEVERITIES)[number]

export const PERSONAL_DATA = ['none', 'processor', 'controller', 'both'] as const

/** Facts about the organisation that add controls to its set or make some pointless. */
export const facts = z.strictObject({
  has_office: z.boolean().describe('People work on the system in an office'),
  own_data_centre: z.boolean().describe('Part of the system runs in a data centre of its own'),
  carve_out_cloud: z.boolean().describe('Part of the system runs at a provider whose controls are carved out'),
  personal_data: z.enum(PERSONAL_DATA).describe('Role towards personal information'),
})
export type Facts = z.infer<typeof facts>
