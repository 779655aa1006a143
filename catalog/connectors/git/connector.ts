// SPDX-License-Identifier: Apache-2.0
import type { GitPlace } from '../../../lib/git-process.ts'
import { connector, type Identity, type Io, type ProbeResult } from '../../connector.ts'
import { changes } from './changes.ts'
import { contributors } from './contributors.ts'
import { branches, tags } from './references.ts'
import { findHead, gitConfig, placeOf, repositoryName, text } from './repository.ts'

export const git = connector<GitPlace>({
  id: 'git',
  version: '1.0.0',
  title: 'Git repository',
  says: 'Reads what landed on a branch, who reviewed it, signatures, branches, tags and authors; needs no account anywhere.',
  config: gitConfig,
  fields: [
    {
      name: 'location',
      label: 'Repository',
      help: 'A folder of the server, or an address: https, ssh, git. A remote repository is copied and kept up to date.',
      input: 'text',
      required: true,
      placeholder: '/srv/code/shop or https://git.example.com/acme/shop.git',
    },
    {
      name: 'branch',
      label: 'Branch',
      help: 'The branch whose changes count; empty for the repository’s own default.',
      input: 'text',
      required: false,
      placeholder: 'main',
    },
    {
      name: 'username',
      label: 'User name',
      help: 'For an address that asks for one; empty is right for most tokens.',
      input: 'text',
      required: false,
    },
    {
      name: 'token',
      label: 'Access token',
      help: 'For https: a token that may only read this repository.',
      input: 'secret',
      required: false,
    },
    {
      name: 'ssh_key',
      label: 'Private SSH key',
      help: 'For ssh: a deploy key without a passphrase that may only read this repository.',
      input: 'secret-lines',
      required: false,
    },
    {
      name: 'history_days',
      label: 'Days of history',
      help: 'How far back the first reading goes.',
      input: 'number',
      required: false,
      placeholder: '400',
    },
    {
      name: 'allowed_signers',
      label: 'Allowed signers',
      help: 'Whose SSH signatures count as good: lines of "e-mail key", as ssh-keygen(1) describes under ALLOWED SIGNERS.',
      input: 'lines',
      required: false,
      placeholder: 'ada@example.com ssh-ed25519 AAAA…',
    },
  ],
  place: placeOf,
  egress(cfg) {
    const { at } = placeOf(cfg)
    return ['path' in at ? `the folder ${at.path} of the server` : `git at ${at.url}`]
  },
  async identify(io): Promise<Identity> {
    const version = await io.source.run(['version'], { name: 'version.txt' })
    const name = repositoryName(io.cfg)
    const { at } = placeOf(io.cfg)
    return {
      id: 'path' in at ? at.path : at.url,
      name,
      tool: { name: 'git', version: /(\d+\.\d+[\d.]*)/.exec(text(version))?.[1] ?? 'unknown' },
    }
  },
  probe,
  streams: [branches, changes, contributors, tags],
})

async function probe(io: Io<GitPlace>): Promise<readonly ProbeResult[]> {
  const head = await findHead(io)
  const name = repositoryName(io.cfg)
  if (head.sha === undefined)
    return [{ need: 'repository', state: 'granted', because: `${name} can be read; it has no commits yet` }]
  const copy = head.shallow ? '; it is a shallow copy, so older history is missing' : ''
  return [
    {
      need: 'repository',
      state: 'granted',
      because: `${name} can be read; ${head.branch} stands at ${head.sha.slice(0, 10)}${copy}`,
    },
  ]
}
