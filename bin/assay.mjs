#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path'
import { install, root, run } from './setup.mjs'

install()
const words = process.argv.slice(2)
run(join(root, 'entrypoints', words[0] === 'verify' ? 'verify.ts' : 'cli.ts'), words)
