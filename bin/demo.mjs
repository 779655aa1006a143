#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path'
import { buildPages, install, root, run } from './setup.mjs'

install()
buildPages()
run(join(root, 'entrypoints', 'demo.ts'), process.argv.slice(2), {
  ASSAY_DATA: process.env.ASSAY_DATA ?? join(root, 'data-demo'),
})
