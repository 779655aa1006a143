// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where the company's repository lies, beside its data, and where it was moved for a while. */
export const repositoryOf = (dataDir: string): { readonly here: string; readonly moved: string } => ({
  here: `${dataDir}-repository`,
  moved: `${dataDir}-repository-moved`,
})

/** The company's git repository in a folder, with commits made at moments of the story. */
export function openRepository(folder: string): { commit(c: Commit): void } {
  mkdirSync(folder, { recursive: true })
  const git = (args: readonly string[], env: Record<string, string> = {}): void => {
    execFileSync('git', [...args], {
      cwd: folder,
      stdio: 'ignore',
      env: { ...process.env, GIT_CONFIG_NOSYSTEM: '1', HOME: folder, ...env },
    })
  }
  git(['init', '-q', '-b', 'main'])
  let n = 0
  return {
    commit({ title, author, at, reviewer }) {
      n++
      writeFileSync(join(folder, `change-${n}.txt`), `${title}\n`)
      git(['add', '-A'])
      const [name, email] = author
      const message = reviewer ? `${title}\n\nReviewed-by: ${reviewer[0]} <${reviewer[1]}>` : title
      const who = {
        GIT_AUTHOR_NAME: name,
        GIT_AUTHOR_EMAIL: email,
        GIT_COMMITTER_NAME: name,
        GIT_COMMITTER_EMAIL: email,
      }
      git(['commit', '-q', '-m', message], { ...who, GIT_AUTHOR_DATE: at, GIT_COMMITTER_DATE: at })
    },
  }
}

export interface Commit {
  readonly title: string
  readonly author: readonly [string, string]
  readonly at: string
  readonly reviewer?: readonly [string, string]
}
