// SPDX-License-Identifier: Apache-2.0
import {
  Cable,
  FileBadge,
  FileCheck,
  Gauge,
  ListChecks,
  ListTodo,
  Package,
  ScrollText,
  Settings,
  ShieldCheck,
  Target,
  Users,
  Blocks,
  type LucideIcon,
} from 'lucide-react'
import { paths } from '../paths.ts'

export interface Place {
  readonly to: string
  readonly label: string
  readonly icon: LucideIcon
}

/** The journey, top to bottom. */
export const PLACES: readonly { readonly label: string | undefined; readonly places: readonly Place[] }[] = [
  {
    label: undefined,
    places: [
      { to: paths.overview, label: 'Overview', icon: Gauge },
      { to: paths.tasks, label: 'Tasks', icon: ListTodo },
    ],
  },
  {
    label: 'Programme',
    places: [
      { to: paths.scope, label: 'Scope', icon: Target },
      { to: paths.criteria, label: 'Criteria', icon: ListChecks },
      { to: paths.controls, label: 'Controls', icon: ShieldCheck },
      { to: paths.policies, label: 'Policies', icon: ScrollText },
    ],
  },
  {
    label: 'Observation',
    places: [
      { to: paths.connections, label: 'Connections', icon: Cable },
      { to: paths.evidence, label: 'Evidence', icon: FileCheck },
      { to: paths.checks, label: 'Checks', icon: FileBadge },
    ],
  },
  {
    label: 'Proof',
    places: [
      { to: paths.ledger, label: 'Ledger', icon: Blocks },
      { to: paths.bundles, label: 'Bundles', icon: Package },
    ],
  },
  {
    label: 'Organisation',
    places: [
      { to: paths.people, label: 'People', icon: Users },
      { to: paths.settings, label: 'Settings', icon: Settings },
    ],
  },
]
