#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// `npm test`: what CONTRIBUTING.md calls the gates, then every test. `--interop`: the suite that needs other programs.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { buildPages, install, node, root } from './setup.mjs'

install()
const interop = process.argv.includes('--interop')
const rest = process.argv.slice(2).filter((argument) => argument !== '--interop')
const env = { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH ?? ''}` }
const step = (command, args) => {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env })
  if (status !== 0) process.exit(status ?? 1)
}
if (!interop && rest.length === 0) {
  step('npm', ['run', '--silent', 'check'])
}
buildPages()
step(node(), [
  join(root, 'node_modules', 'vitest', 'vitest.mjs'),
  'run',
  ...(interop ? ['--config', 'vitest.interop.config.ts'] : []),
  ...rest,
])
