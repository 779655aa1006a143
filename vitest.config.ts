import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{proof,lib,catalog,features,entrypoints,web,test}/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/*.interop.test.ts'],
    globalSetup: ['test/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ['default'],
  },
})
