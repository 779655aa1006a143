// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import type { Company, Moment } from './company.ts'

/*
 * The ninety days of controls, worked out by hand from the story (demo/) and the rules (docs/domain.md, E and H), in
 * groups of ten days; the first letter of the first group is day 0.
 *
 *   o performed and passing   f failing   n no data, or overdue   x failing under an approved exception
 *   - not due, or nothing occurred   . not in effect
 *
 * Rules used throughout. A reading speaks from its moment on; lists come on days 0, 3, 7, 10, 14 … (days of the week 0 and
 * 3), so a change in the world shows with the next list. A day on which something failed is a failing day, also when it
 * was repaired on that day. A reading of a connection is good for 26 hours, of an import for 7 days.
 */
const STRIPS: readonly (readonly [string, string, string])[] = [
  [
    'IAM-01',
    'nooooooooo oooooooooo oooooooooo nnnnnnnnno ooooooooof fffffffooo oooooooooo oooooooooo oooooooooo',
    // Day 0: the accounts came before the people, so for a while nobody could say whose they were. Days 30 to 38: the code
    // host was gone; who writes code was last read on day 29, and that was too old by the end of day 30. Finn left on day
    // 46; the list of day 49 was the first after the day that followed, and his account was still active; that of day 56
    // shows it disabled (on day 55), so day 56 is the last failing one.
    'a silent connection, then a leaver whose account lived on',
  ],
  [
    'IAM-02',
    'oooooooooo oooooooooo oooooooooo oooooooooo oooooooooo oofffffooo oooooooooo oooooooooo oooooooooo',
    // Dev is without a second factor on days 52 to 55. The lists of days 52 and 56 say so and say that it is over.
    'one account without a second factor',
  ],
  [
    'IAM-05',
    'oooooooooo oooooooooo oooooooooo oooooooooo ooooooooof ffffffffff ffffffffff ffffffffff ffffffffff',
    // Finn's accounts had to be disabled by the end of day 47. The list of day 49 shows that they were not, and they were
    // disabled a week late on day 55: what was missed stays missed, nobody accepted it. Hugo's went on his last day.
    'a leaver who kept access for nine days',
  ],
  [
    'IAM-06',
    'oooooooooo ---------- ---------- ---------- ---------f fffffffo-- ---------- ---------- ----------',
    // A quarterly review by a person: attested on days 0 to 9 and again on day 57, not due in between (106 days). A check
    // that passes does not stand in for the person; the one that finds Finn's account takes days 49 to 56 away.
    'a review by people, which a check can only take away from',
  ],
  [
    'IAM-07',
    'ffffoooooo oooooooooo oooooooooo oooooooooo oooooooooo oooooooooo oooooooooo oooooooooo oooooooooo',
    // The database's own superuser was not on the catalog's list; the company's text of day 3 names it.
    'a check in the company’s own words from day 3',
  ],
  [
    'IAM-09',
    'nnnnnnnooo oooooooooo oooooooooo oooooooooo oooooooooo oooooooooo oooooooooo oooooooooo oooooooooo',
    // How passwords are kept could not be seen until the grant of day 6, so every role was inconclusive in its morning.
    'a permission that was missing until day 6',
  ],
  [
    'CRY-02',
    'ffffffffff ffffffffff ffffffffff ffffffffff ffffffffff ffffffffff ffffffffff ffffffffff ffffffffff',
    // The database speaks no TLS.
    'a setting that was never right',
  ],
  [
    'NET-05',
    'nnnnnnnnnn nnnnnnnnnn nnnnnnnnnn nnnnnnnnnn nnnnnnnnnn nnnnnnnnnn nnnnnnnnnn nnnnnnnnnn nnnnnnnnnn',
    // No check, and nobody ever exported anything: continuous, so each day without a word is a day without data.
    'a control that nobody speaks for',
  ],
  [
    'END-01',
    '.......... .......... .......... .......... fffooooooo oooooooooo oooooooooo oooooooooo oooooooooo',
    // In effect from day 40. Esra's laptop is not encrypted until day 42, and the list of that day says so.
    'a control that began on day 40',
  ],
  [
    'VUL-02',
    'oooooooooo oooooooooo oooooooooo oooooooooo ooffffffff oooooooooo oooooooooo oooooooooo oooooooooo',
    // The finding stands on days 40 to 48; the scans of days 42 and 49 are the first with and the first without it.
    'a finding in the code and its repair',
  ],
  [
    'VUL-06',
    'oooooooooo oooooooooo offffffffx xxxxxxoooo oooooooooo oooooooooo oooooooooo oooooooooo oooooooooo',
    // The bucket is public on days 21 to 34. The scan of day 21 found it; on day 28, after that morning, it was accepted
    // until day 42, and the scan of day 35 shows it closed before that day's work began: all of its failing was accepted.
    'a failure, an exception, and the repair',
  ],
  [
    'LOG-01',
    'oooooooooo oooooooooo ffffffoooo oooooooooo oooooooooo oooooooooo oooooooooo oooooooooo oooooooooo',
    // Connections are not logged from day 20 until they are again before the reading of day 25.
    'a setting of the database that drifted and was repaired',
  ],
  [
    'CHG-02',
    'oooooooooo oooooooooo oooooooooo oooooooooo ooooofoooo oooooooooo oooooofooo oooooooooo oooooooooo',
    // Two changes without a reviewer, days 45 and 66. Days 30 to 38 are not empty: the reading of day 39 brought the
    // history of the code host since day 29, and a change belongs to the day it happened on.
    'two changes that nobody reviewed',
  ],
  [
    'AVL-01',
    'oooooooooo oooooooooo oooooooooo o--------- ---------- ---------- ---------n nnnnnnnnnn nnnnnnnnnn',
    // Attested once, for days 0 to 30. Monthly: 38 days later, on day 69, the next word is overdue.
    'an attestation that is overdue',
  ],
  [
    'GOV-03',
    '---------- ---------- -------o-- ---------- ---------- ---------- ---------- ---------- ----------',
    // The board met on day 27. Quarterly: nothing is overdue before day 106.
    'a meeting a quarter',
  ],
  [
    'MON-01',
    'oooooooooo oooooooooo oooooooooo oooooooooo oooooooooo oooooooooo oooooooooo oooooooooo oooooooooo',
    // Exported for each month, the last one on its last morning.
    'settings that are exported once a month',
  ],
  [
    'INC-02',
    '---------- ---------- ---------- ---------- ---------- ---------- ---------- ---------- ----------',
    // Attested that there was no incident.
    'nothing that occurred',
  ],
]

/** Until day 60 nobody had seen the scan of day 50: the one of day 45 was too old from day 52 on, until that of day 56. */
const VUL_06_ON_DAY_59 = 'oooooooooo oooooooooo offffffffx xxxxxxoooo oooooooooo oonnnnoooo'
/** While the code host was gone nobody knew what landed there: the same days, as known on day 38. */
const CHG_02_ON_DAY_38 = 'oooooooooo oooooooooo oooooooooo nnnnnnnnn'

const joined = (groups: string): string => groups.replaceAll(' ', '')

export function describeDays(company: () => Company): void {
  const stripOf = async (control: string, at: Moment): Promise<string> => {
    const { rows, from, today } = await company().ask('readiness.controls', { limit: 500 }, at)
    const days = (Date.parse(today) - Date.parse(from)) / 86_400_000 + 1
    return rows.find((row) => row.control_id === control)?.cells.slice(0, days) ?? ''
  }
  const known = (day: number): Moment => ({ asOf: company().end(day), knownAt: company().end(day) })

  for (const [control, groups, story] of STRIPS)
    test(`${control} has the days that the story gives it: ${story}`, async () => {
      expect(joined(groups)).toHaveLength(90)
      expect(await stripOf(control, known(89))).toBe(joined(groups))
    })

  test('a scan that came ten days late fills its days from then on, and not before', async () => {
    expect(await stripOf('VUL-06', known(59))).toBe(joined(VUL_06_ON_DAY_59))
    const later = await stripOf('VUL-06', { asOf: company().end(59), knownAt: company().end(60) })
    expect(later).toBe(joined(VUL_06_ON_DAY_59).replace('nnnn', 'oooo'))
  })

  test('a silent code host leaves no data until its history is read', async () => {
    expect(await stripOf('CHG-02', known(38))).toBe(joined(CHG_02_ON_DAY_38))
    const later = await stripOf('CHG-02', { asOf: company().end(38), knownAt: company().end(39) })
    expect(later).toBe('o'.repeat(39))
  })
}
