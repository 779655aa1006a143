// SPDX-License-Identifier: Apache-2.0
import { Refused } from '../../lib/refused.ts'

/**
 * Which criteria apply, and the decision that one of them does not. A criterion is left out only with a rationale and an
 * executive's approval, and management's word is a proposal until the auditor agrees.
 */

/** Codes of this slice. */
export type CriteriaRefusal =
  | 'UNKNOWN_CRITERION'
  | 'NOT_IN_SCOPE'
  | 'CRITERION_CARVED_OUT'
  | 'ALREADY_PROPOSED'
  | 'NOTHING_PROPOSED'

export type DecisionState = 'proposed' | 'approved' | 'withdrawn'

/** What holds for a criterion: it applies, that it does not is proposed, or management has approved that. */
export type Relevance = 'applies' | 'proposed_not_relevant' | 'not_relevant'

/** The last decision decides; without one, a criterion applies. */
export const relevanceOf = (last: DecisionState | undefined): Relevance =>
  last === 'approved' ? 'not_relevant' : last === 'proposed' ? 'proposed_not_relevant' : 'applies'

/**
 * A criterion that a carved-out subservice organisation helps to meet is relevant: it belongs to the description's list
 * of subservice organisations (DC7), not to the list of criteria that do not apply (DC8).
 * @throws Refused CRITERION_CARVED_OUT
 */
export function refuseCarvedOut(
  criterion_id: string,
  subservice: readonly { readonly name: string; readonly criteria: readonly string[] }[],
): void {
  const meets = subservice.find((organization) => organization.criteria.includes(criterion_id))
  if (meets)
    throw new Refused(
      'CRITERION_CARVED_OUT',
      `${criterion_id} rests on ${meets.name}, so it applies; change the scope's subservice organisations first`,
      { pointer: '/criterion_id' },
    )
}
