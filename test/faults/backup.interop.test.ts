// SPDX-License-Identifier: Apache-2.0

// The same trials as in the everyday suite, but twenty of them.
process.env['ASSAY_TRIALS'] ??= '20'
await import('./backup.test.ts')
