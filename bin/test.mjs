#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// `npm test`: what CONTRIBUTING.md calls the gates, then every test. `--interop`: the suite that needs other programs.
// `--coverage`: how much of the verifier and of the rules their own tests reach.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { buildPages, install, node, root } from './setup.mjs'

install()
const suites = { '--interop': 'vitest.interop.config.ts', '--coverage': 'vitest.coverage.config.ts' }
const suite = process.argv.find((argument) => argument in suites)
const rest = process.argv.slice(2).filter((argument) => argument !== suite)
const env = { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH ?? ''}` }
const step = (command, args) => {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env })
  if (status !== 0) process.exit(status ?? 1)
}
if (!suite && rest.length === 0) {
  step('npm', ['run', '--silent', 'check'])
}
if (suite !== '--coverage') buildPages()
step(node(), [
  join(root, 'node_modules', 'vitest', 'vitest.mjs'),
  'run',
  ...(suite ? ['--config', suites[suite]] : []),
  ...rest,
])
