import { defineConfig, mergeConfig } from 'vitest/config'
import base from './vitest.config.ts'

/** Suites that need programs besides npm's (Go, openssl, bash): each fails loudly where its program is missing. */
export default mergeConfig(
  { ...base, test: { ...base.test, include: [], exclude: [] } },
  defineConfig({
    test: {
      include: ['**/*.interop.test.ts'],
      exclude: ['**/node_modules/**'],
      testTimeout: 300_000,
      hookTimeout: 300_000,
    },
  }),
)
