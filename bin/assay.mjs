#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path'
import { install, root, run } from './setup.mjs'

install()
run(join(root, 'entrypoints', 'cli.ts'), process.argv.slice(2))
