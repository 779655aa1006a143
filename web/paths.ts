// SPDX-License-Identifier: Apache-2.0

const at = (base: string) => (id: string) => `${base}/${encodeURIComponent(id)}`

/** Every address of the application; pages never write one out. */
export const paths = {
  overview: '/',
  setup: '/setup',
  begin: '/begin',
  signIn: '/sign-in',
  invitation: '/invitation',
  verify: '/verify',
  scope: '/scope',
  editScope: '/scope/edit',
  plan: '/scope/plan',
  criteria: '/criteria',
  criterion: at('/criteria'),
  controls: '/controls',
  control: at('/controls'),
  evidence: '/evidence',
  evidenceItem: at('/evidence'),
  facts: '/evidence/facts',
  checks: '/checks',
  newCheck: '/checks/new',
  check: at('/checks'),
  editCheck: (id: string) => `/checks/${encodeURIComponent(id)}/edit`,
  policies: '/policies',
  connections: '/connections',
  newConnection: '/connections/new',
  connection: at('/connections'),
  tasks: '/tasks',
  ledger: '/ledger',
  bundles: '/bundles',
  people: '/people',
  settings: '/settings',
} as const
