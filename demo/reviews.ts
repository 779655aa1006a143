// SPDX-License-Identifier: Apache-2.0

/** What the people of the company say they did, when they say it, and about which days; days count from the first. */
export interface Review {
  /** The day on which it is attested. */
  readonly on: number
  readonly by: 'ada' | 'ben' | 'cleo'
  readonly controls: readonly string[]
  readonly what: string
  readonly from: number
  readonly to: number
  /** There was no occasion for the control; otherwise it was performed. */
  readonly nothing?: boolean
}

/** Controls that somebody looks after on the occasions that life brings. */
const ON_OCCASION = [
  ...['GOV-01', 'GOV-08', 'HRS-01', 'HRS-02', 'HRS-07', 'COM-01', 'COM-03', 'RSK-04', 'MON-04', 'IAM-03', 'LOG-02'],
  ...['CHG-03'],
]
/** No incident, no dismissal, no device to destroy and no new vendor: there was nothing to do, and they say so. */
const NO_OCCASION = ['GOV-10', 'AST-05', 'INC-02', 'INC-03', 'INC-05', 'VND-02', 'VND-03']
/** Settings that no connection reads: their state is exported once a month. */
const EXPORTED = ['MON-01', 'IAM-12', 'CRY-01', 'NET-02', 'END-02', 'LOG-04', 'CHG-05', 'AVL-02']
const MONTHLY = ['VUL-01', 'VUL-04']

/** The months as the office counts them; the last is told on its last morning. */
const MONTHS = [
  { on: 30, from: 0, to: 29 },
  { on: 60, from: 30, to: 59 },
  { on: 89, from: 60, to: 89 },
] as const

const YEARLY: readonly Review[] = [
  {
    on: 2,
    by: 'ada',
    controls: ['GOV-04', 'GOV-05', 'GOV-07', 'GOV-11', 'COM-02'],
    what: 'governance review',
    from: 0,
    to: 1,
  },
  { on: 2, by: 'cleo', controls: ['GOV-02'], what: 'charter of the advisory board', from: 0, to: 1 },
  { on: 12, by: 'ada', controls: ['RSK-01', 'RSK-02', 'RSK-03'], what: 'risk assessment', from: 5, to: 11 },
  {
    on: 12,
    by: 'ben',
    controls: ['AST-02', 'AST-03', 'CHG-01', 'INC-01'],
    what: 'review of the engineering handbook',
    from: 5,
    to: 11,
  },
  { on: 20, by: 'ada', controls: ['PHY-01', 'VND-01', 'VND-04'], what: 'vendor review', from: 14, to: 19 },
  { on: 20, by: 'ben', controls: ['AVL-05'], what: 'restore of a backup', from: 18, to: 18 },
  { on: 28, by: 'cleo', controls: ['GOV-03'], what: 'meeting of the advisory board', from: 27, to: 27 },
  { on: 36, by: 'ben', controls: ['AVL-06'], what: 'approval of the recovery plan', from: 35, to: 35 },
  { on: 55, by: 'ada', controls: ['HRS-06'], what: 'round of performance talks', from: 50, to: 54 },
  { on: 70, by: 'ada', controls: ['MON-03'], what: 'penetration test', from: 65, to: 69 },
  { on: 75, by: 'ben', controls: ['INC-04'], what: 'incident exercise', from: 74, to: 74 },
]

/** Everything anybody ever attested. What is missing is missing on purpose; see the story. */
export const REVIEWS: readonly Review[] = [
  ...YEARLY,
  // Access is reviewed once a quarter, and once more after a leaver was found who could still sign in.
  { on: 10, by: 'ben', controls: ['IAM-06'], what: 'access review', from: 0, to: 9 },
  { on: 58, by: 'ben', controls: ['IAM-06'], what: 'second access review', from: 57, to: 57 },
  // Capacity is reviewed every month. The second review has not come.
  { on: 31, by: 'ben', controls: ['AVL-01'], what: 'capacity review', from: 0, to: 30 },
  ...MONTHS.flatMap((month): Review[] => [
    { ...month, by: 'ada', controls: ON_OCCASION, what: 'register of the month' },
    { ...month, by: 'ada', controls: NO_OCCASION, what: 'empty register of the month', nothing: true },
    { ...month, by: 'ben', controls: [...EXPORTED, ...MONTHLY], what: 'export of the settings' },
  ]),
]
