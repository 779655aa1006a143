// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'vitest/config'
import { isRule, sources } from './test/house.ts'

const rules = sources().flatMap(({ path }) => (isRule(path) ? [path] : []))
const asked = { branches: 95, perFile: { branches: 85 } }

/**
 * `npm run coverage`: how many branches of the verifier and of the rules their own tests walk through. Without a database:
 * a rule that only a whole server can reach is no rule. Tests of a speed stay with `npm test`, for measured code is slower.
 */
export default defineConfig({
  test: {
    include: ['{proof,catalog}/*.test.ts', 'features/**/*.test.ts'],
    exclude: ['**/*.interop.test.ts', '**/*.{actions,store}.test.ts', 'features/*/{check-evidence,recording}.test.ts'],
    testNamePattern: /^(?!.* within \d+ ms)/,
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    coverage: {
      enabled: true,
      provider: 'v8',
      include: ['proof/*.ts', ...rules],
      reporter: ['text-summary', 'html'],
      reportsDirectory: 'coverage',
      thresholds: { 'proof/*.ts': asked, [`{${rules.join(',')}}`]: asked },
    },
  },
})
