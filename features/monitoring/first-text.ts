// SPDX-License-Identifier: Apache-2.0

/** Where a check of one's own starts: a whole, working question that is easily changed. */
export const FIRST_TEXT = `id: accounts-of-administrators-use-mfa
title: Accounts of administrators use a second factor
says: Each active account with administrator rights has a second factor.
for: user-account
where: subject.status == 'active' && subject.is_admin
assert: subject.mfa
found:
  fail: The administrator {account} of {system} has no second factor.
fresh: 7d
severity: high
controls:
  - id: IAM-01
    strength: supporting
    rationale: Say in one sentence why a pass is evidence for this control.
remediation: >
  Say what to do about a subject that fails, so that its owner needs nobody else.
examples:
  pass: { subject: { status: active, is_admin: true, mfa: true } }
  fail: { subject: { status: active, is_admin: true, mfa: false } }
  not_applicable: { subject: { status: active, is_admin: false, mfa: false } }
`
