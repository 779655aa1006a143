// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { copyFolder, makeFolder } from './folder.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-folder-'))
  mkdirSync(join(folder, 'from/base'), { recursive: true })
  for (const name of ['stays', 'base/stays', 'base/goes']) writeFileSync(join(folder, 'from', name), name)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const copied = (): string[] => readdirSync(join(folder, 'to'), { recursive: true, encoding: 'utf8' }).toSorted()

describe('copying a folder that is in use', () => {
  /** Removes something after it was listed and before it is copied. */
  const removing = (gone: string) => (name: string) => {
    if (name === gone) rmSync(join(folder, 'from', gone), { recursive: true })
    return false
  }

  it('goes on without a file that goes away meanwhile', async () => {
    await copyFolder(join(folder, 'from'), join(folder, 'to'), removing('base/goes'))
    expect(copied()).toEqual(['base', 'base/stays', 'stays'])
  })

  it('goes on without a folder that goes away meanwhile', async () => {
    await copyFolder(join(folder, 'from'), join(folder, 'to'), removing('base'))
    expect(copied()).toEqual(['base', 'stays'])
  })

  it('follows no link', async () => {
    symlinkSync('/etc/hostname', join(folder, 'from/base/link'))
    await expect(copyFolder(join(folder, 'from'), join(folder, 'to'))).rejects.toMatchObject({ code: 'NOT_A_FILE' })
  })
})

describe('a folder that is made', () => {
  it('appears when all is in it, and not at all when something fails', async () => {
    const target = join(folder, 'made')
    await expect(
      makeFolder(target, async (part) => {
        writeFileSync(join(part, 'half'), '')
        throw new Error('the rest cannot be had')
      }),
    ).rejects.toThrow('the rest cannot be had')
    expect(readdirSync(folder)).toEqual(['from'])
    await makeFolder(target, async (part) => {
      writeFileSync(join(part, 'whole'), '')
      expect(readdirSync(folder)).not.toContain('made')
    })
    expect(readdirSync(target)).toEqual(['whole'])
  })

  it('takes the place of nothing that came there meanwhile', async () => {
    const target = join(folder, 'made')
    const work = async (): Promise<void> => {
      mkdirSync(target)
      writeFileSync(join(target, 'mine'), '')
    }
    await expect(makeFolder(target, work)).rejects.toMatchObject({ code: 'EXISTS' })
    expect(readdirSync(target)).toEqual(['mine'])
    expect(readdirSync(folder).toSorted()).toEqual(['from', 'made'])
  })
})
