// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe } from 'vitest'
import { describeDays } from './company-days.ts'
import { describeExceptions } from './company-exceptions.ts'
import { describeLedger } from './company-ledger.ts'
import { describePages } from './company-pages.ts'
import { describeReadiness } from './company-readiness.ts'
import { describeSettings } from './company-settings.ts'
import { openCompany, type Company } from './company.ts'

/** The demo's company is lived once, and then looked at from all sides. */
describe('a company that has lived ninety days', () => {
  let opened: Company | undefined
  const company = (): Company => {
    if (!opened) throw new Error('the company is opened before the tests run')
    return opened
  }

  beforeAll(async () => {
    opened = await openCompany()
  }, 1_200_000)
  afterAll(async () => await opened?.close())

  describe('has days', () => describeDays(company))
  describe('has readiness', () => describeReadiness(company))
  describe('has pages', () => describePages(company))
  describe('has a ledger', () => describeLedger(company))
  describe('has settings', () => describeSettings(company))
  // The last, for it changes what the company is.
  describe('has exceptions', () => describeExceptions(company))
})
