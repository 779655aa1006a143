// SPDX-License-Identifier: Apache-2.0
import { ledgerActions } from './ledger/ledger.actions.ts'
import { peopleActions } from './people/people.actions.ts'

/** Every operation of the product, by name. HTTP, OpenAPI, the command line and the web client are derived from it. */
export const actions = {
  ...ledgerActions,
  ...peopleActions,
}
