#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// `npm run bench [name]`: each bench/*.bench.ts in a process of its own; every figure is a ratio within one run.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { install, node, root } from './setup.mjs'

install()
const wanted = process.argv[2]
const files = readdirSync(join(root, 'bench')).filter(
  (file) => file.endsWith('.bench.ts') && (!wanted || file.startsWith(wanted)),
)
let failed = 0
for (const file of files.toSorted()) {
  process.stdout.write(`\n== ${file}\n`)
  const { status } = spawnSync(node(), ['--disable-warning=ExperimentalWarning', join(root, 'bench', file)], {
    cwd: root,
    stdio: 'inherit',
  })
  if (status !== 0) failed++
}
process.exit(failed === 0 ? 0 : 1)
