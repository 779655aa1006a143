// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectionsActions as actions } from '../../features/connections/connections.actions.ts'
import { serveGit } from '../git-server.ts'
import { connect, look, misbehave, QUICK, repository, resultsOf, runAgain } from '../sources.ts'
import { createWorld, type World } from '../world.ts'

// Level L4: what a repository may do wrong. No case may end as complete, and each says what to do.

let world: World
let folder: string
beforeAll(async () => {
  world = await createWorld()
  folder = mkdtempSync(join(tmpdir(), 'assay-faults-'))
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await world.close()
})

const read = async (location: string, more: Record<string, unknown> = {}, runtime = QUICK) => {
  const { secrets, ...config } = more
  const id = await connect(
    world,
    {
      connector: 'git',
      config: { location, ...config },
      ...(secrets ? { secrets: secrets as Record<string, string> } : {}),
    },
    runtime,
  )
  const state = await look(world, id)
  const { branches, changes, contributors, tags } = resultsOf(state)
  return { id, state, branches, changes, contributors, tags }
}
const expectAll = (state: Awaited<ReturnType<typeof look>>, outcome: string, why: RegExp) => {
  for (const { newest } of state.streams) {
    expect(newest?.outcome).toBe(outcome)
    expect(newest?.why).toMatch(why)
    expect(newest?.collected).toBe(0)
  }
  expect(state.last_run?.state).toBe('failed')
  expect(state.health).toBe('failing')
}

describe('a repository that cannot be read', () => {
  test('is not there: the folder is named', async () => {
    const { state } = await read(join(folder, 'nowhere'))
    expectAll(state, 'failed', /there is no folder .*nowhere on the server/)
    expect(state.probe?.results).toEqual([
      { need: 'repository', state: 'unreachable', because: expect.stringMatching(/there is no folder/) as string },
    ])
  })
  test('is a folder without a repository, and one around it is not taken for it', async () => {
    const repo = repository()
    repo.commit('Outer')
    mkdirSync(join(repo.path, 'inner'))
    expectAll((await read(join(repo.path, 'inner'))).state, 'failed', /no git repository at this place/)
    repo.remove()
  })
  test('lies in the data folder of Assay', async () => {
    const inside = join(world.folder, 'connections')
    mkdirSync(inside, { recursive: true })
    expectAll((await read(inside)).state, 'failed', /data folder of Assay/)
  })
  test('refuses the connection', async () => {
    const nobody = await misbehave(() => undefined)
    await nobody.close()
    expectAll((await read(`http://127.0.0.1:${nobody.port}/app.git`)).state, 'failed', /nothing answers there/)
  })
  test('answers the connection and then never again', async () => {
    const mute = await misbehave(() => undefined)
    const quick = { ...QUICK, git: { ...QUICK.git!, command_ms: 700, fetch_ms: 700 } }
    const { state } = await read(`git://127.0.0.1:${mute.port}/app.git`, {}, quick)
    expectAll(state, 'failed', /did not finish within 1 seconds/)
    await mute.close()
  })
  test('cuts the connection', async () => {
    const rude = await misbehave((socket) => socket.once('data', () => socket.destroy()))
    expectAll((await read(`git://127.0.0.1:${rude.port}/app.git`)).state, 'failed', /connection was cut|cannot be read/)
    await rude.close()
  })
  test('answers with something else, such as a page to sign in', async () => {
    const page = await misbehave((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<html>Sign in</html>')),
    )
    expectAll((await read(`http://127.0.0.1:${page.port}/app.git`)).state, 'failed', /answers, but not as a git server/)
    await page.close()
  })
  test('lives at an address where the metadata of a cloud is served: nothing is sent', async () => {
    for (const host of ['169.254.169.254', '[fe80::1]', '[::ffff:169.254.169.254]', '0.0.0.0', '[fd00:ec2::254]'])
      expectAll((await read(`http://${host}/app.git`)).state, 'failed', /may not be reached/)
  })
  test('has a name that points to a forbidden address at the second look: the first answer is used for all', async () => {
    const answers = ['127.0.0.1', '169.254.169.254']
    const mute = await misbehave((socket) => socket.end())
    let looked = 0
    const resolve = async () => [answers[Math.min(looked++, 1)]!]
    await read(`http://git.example.com:${mute.port}/app.git`, {}, { ...QUICK, resolve })
    expect(looked).toBe(2) // once for the look at its permissions, once for the run: never twice in one of them
    await mute.close()
  })
})

describe('a remote repository', () => {
  test('is copied, kept up to date, and asks for its token', async () => {
    const repo = repository()
    repo.commit('First')
    const server = await serveGit(repo.path, 'a-secret-token-of-the-forge')
    const location = `http://127.0.0.1:${server.port}/${repo.path.split('/').at(-1)}/.git`
    const without = await read(location)
    expectAll(without.state, 'denied', /credential was refused|access was refused/)
    expect(without.state.probe?.results[0]?.state).toBe('denied')
    const wrong = await read(location, { secrets: { token: 'a-wrong-token-of-the-forge' } })
    expectAll(wrong.state, 'denied', /refused/)
    const right = await read(location, { secrets: { token: 'a-secret-token-of-the-forge' } })
    expect(right.changes).toMatchObject({ outcome: 'complete', collected: 1, reconciliation: 'equal' })
    repo.commit('Second')
    expect(resultsOf(await runAgain(world, right.id))['changes']).toMatchObject({ outcome: 'complete', begun: 1 })
    await server.close()
    repo.remove()
  })
  test('that sends its visitors elsewhere is not followed, so the token stays where it belongs', async () => {
    const repo = repository()
    repo.commit('First')
    const thief = await serveGit(repo.path)
    const server = await serveGit(repo.path)
    server.instead((request, response) =>
      response.writeHead(302, { location: `http://127.0.0.1:${thief.port}${request.url}` }).end(),
    )
    const { state } = await read(`http://127.0.0.1:${server.port}/app.git`, { secrets: { token: 'a-secret-token' } })
    expectAll(state, 'failed', /has moved/)
    expect(thief.seen).toEqual([])
    await server.close()
    await thief.close()
    repo.remove()
  })
  test('that breaks off in the middle of its history fails, and is whole at the next run', async () => {
    const repo = repository()
    repo.many(30)
    const server = await serveGit(repo.path)
    const location = `http://127.0.0.1:${server.port}/${repo.path.split('/').at(-1)}/.git`
    let requests = 0
    server.instead((_request, response) => {
      requests++
      response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-advertisement' })
      response.write('001e# service=git-upload-pack\n')
      response.destroy()
    })
    const { id, state } = await read(location)
    expectAll(state, 'failed', /cut|cannot be read/)
    expect(requests).toBeGreaterThan(0)
    server.instead(undefined)
    expect(resultsOf(await runAgain(world, id))['changes']).toMatchObject({ outcome: 'complete', collected: 30 })
    await server.close()
    repo.remove()
  })
  test('without a commit is complete and empty, as its server says', async () => {
    const repo = repository('--bare')
    const server = await serveGit(repo.path)
    const { changes } = await read(`http://127.0.0.1:${server.port}/${repo.path.split('/').at(-1)}`)
    expect(changes).toMatchObject({ outcome: 'complete', collected: 0 })
    await server.close()
    repo.remove()
  })
  test('that is larger than the limit is given up, with the limit named', async () => {
    const repo = repository()
    repo.commit('First')
    const server = await serveGit(repo.path)
    const small = { ...QUICK, git: { ...QUICK.git!, answer_bytes: 10 } }
    const { state } = await read(`http://127.0.0.1:${server.port}/${repo.path.split('/').at(-1)}/.git`, {}, small)
    expectAll(state, 'failed', /answered with more than/)
    await server.close()
    repo.remove()
  })
})

describe('a repository in an odd state', () => {
  test('without a commit is complete and empty, and says so', async () => {
    const repo = repository()
    const { state, changes, branches } = await read(repo.path)
    expect(changes).toMatchObject({ outcome: 'complete', collected: 0, census: { n: 0 }, reconciliation: 'equal' })
    expect(changes?.remarks).toContain('The repository has no commits yet.')
    expect(branches).toMatchObject({ outcome: 'complete', collected: 0 })
    expect(state.health).toBe('ok')
    repo.remove()
  })
  test('whose HEAD names a branch that is not there fails for that branch and still lists the others', async () => {
    const repo = repository()
    repo.commit('First')
    repo.git('symbolic-ref', 'HEAD', 'refs/heads/gone')
    const { changes, tags } = await read(repo.path)
    expect(changes).toMatchObject({ outcome: 'failed' })
    expect(changes?.why).toMatch(/the branch gone .* does not exist, other branches do; name the branch/)
    expect(tags).toMatchObject({ outcome: 'complete' })
    const named = await read(repo.path, { branch: 'main' })
    expect(named.changes).toMatchObject({ outcome: 'complete', collected: 1 })
    repo.remove()
  })
  test('that is a shallow copy is partial: its older history is missing', async () => {
    const repo = repository()
    repo.many(5)
    const copy = join(folder, 'shallow')
    execFileSync('git', ['clone', '--quiet', '--depth=2', `file://${repo.path}`, copy])
    const { changes, contributors, branches } = await read(copy)
    expect(changes).toMatchObject({ outcome: 'partial', collected: 2 })
    expect(changes?.why).toMatch(/shallow copy/)
    expect(contributors?.outcome).toBe('partial')
    expect(branches?.outcome).toBe('complete')
    repo.remove()
  })
  test('with a commit whose object is damaged lists it as unreachable', async () => {
    const repo = repository()
    repo.commit('Sound')
    const lost = repo.commit('Will be damaged')
    repo.commit('Sound again')
    const object = join(repo.path, '.git/objects', lost.slice(0, 2), lost.slice(2))
    chmodSync(object, 0o600)
    writeFileSync(object, 'garbage')
    const { changes } = await read(repo.path)
    expect(changes?.outcome).not.toBe('complete')
    expect(changes?.why).toBeTruthy()
    repo.remove()
  })
  test('whose commits claim impossible dates and odd encodings is read without them', async () => {
    const repo = repository()
    const one = (who: string, message: string, encoding = ''): string =>
      `commit refs/heads/main\nauthor ${who} 1772359200 +0000\ncommitter ${who} 1772359200 +0000\n${encoding}data ${Buffer.byteLength(message)}\n${message}\n`
    execFileSync('git', ['fast-import', '--quiet'], {
      cwd: repo.path,
      input: [
        one('Ölaf <oe@example.com>', 'Ünïcode ✓\u202Eevil'),
        one('<nobody@example.com>', ''),
        one('X <>', 'no address'),
      ].join('\n'),
    })
    const { changes } = await read(repo.path)
    expect(changes).toMatchObject({ outcome: 'complete', collected: 3 })
    repo.remove()
  })
  test('that asks git to run its own programs is read, and none of them runs', async () => {
    const repo = repository()
    const key = join(folder, 'key')
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
    repo.commit('First', { sign: key })
    const ran = join(folder, 'ran')
    const program = join(folder, 'program.sh')
    writeFileSync(program, `#!/bin/sh\ntouch ${ran}\n`, { mode: 0o755 })
    for (const key of [
      'core.fsmonitor',
      'core.sshCommand',
      'core.pager',
      'gpg.program',
      'gpg.ssh.program',
      'diff.external',
      'core.editor',
      'core.alternateRefsCommand',
      'core.gitProxy',
      'credential.helper',
      'uploadpack.packObjectsHook',
    ])
      repo.git('config', key, program)
    repo.git('config', 'diff.evil.textconv', program)
    repo.git('config', 'diff.evil.command', program)
    repo.git('config', 'filter.evil.smudge', program)
    writeFileSync(join(repo.path, '.git/info/attributes'), '* diff=evil filter=evil\n')
    for (const hook of ['post-checkout', 'reference-transaction', 'pre-auto-gc', 'post-index-change'])
      writeFileSync(join(repo.path, '.git/hooks', hook), `#!/bin/sh\ntouch ${ran}\n`, { mode: 0o755 })
    rmSync(ran, { force: true })
    const { changes } = await read(repo.path)
    expect(changes?.outcome).toBe('complete')
    expect(existsSync(ran)).toBe(false)
    repo.remove()
  })
})

describe('settings that mean harm', () => {
  const create = (config: Record<string, unknown>, secrets = {}) =>
    world.perform('connections.create', actions['connections.create'], {
      connector: 'git',
      name: `Bad ${JSON.stringify(config)}`.slice(0, 100),
      config,
      secrets,
    })
  test.each([
    ['--upload-pack=touch /tmp/x'],
    ['ext::sh -c touch% /tmp/x'],
    ['ssh://-oProxyCommand=touch/app'],
    ['relative/path'],
    ['https://user:password@git.example.com/app.git'],
    ['ftp://git.example.com/app.git'],
    ['/srv/app\n[core]'],
    [''],
  ])('the location %j is refused', async (location) => {
    await expect(create({ location })).rejects.toMatchObject({ code: 'INVALID_INPUT', pointer: '/config/location' })
  })
  test.each([['--all'], ['a..b'], ['a b'], ['main~1'], ['x^{tree}']])('the branch %j is refused', async (branch) => {
    await expect(create({ location: '/srv/app', branch })).rejects.toMatchObject({ pointer: '/config/branch' })
  })
  test('a token is not sent in the clear to another machine', async () => {
    const resolve = async () => ['192.0.2.1']
    const { state } = await read(
      'http://git.example.com/app.git',
      { secrets: { token: 'a-secret-token' } },
      { ...QUICK, resolve },
    )
    expectAll(state, 'failed', /may not be reached|would travel unencrypted/)
  })
  test('an unknown secret or setting is refused', async () => {
    await expect(create({ location: '/srv/app', hooks: 'x' })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    await expect(create({ location: '/srv/app' }, { password: 'x' })).rejects.toMatchObject({ code: 'UNKNOWN_SECRET' })
  })
  test('keys for ssh leave no file behind', async () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('assay-key-'))
    const rude = await misbehave((socket) => socket.end())
    const { state } = await read(`ssh://git@127.0.0.1:${rude.port}/app.git`, {
      secrets: { ssh_key: 'not a key at all' },
    })
    expect(state.last_run?.state).toBe('failed')
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('assay-key-'))).toEqual(before)
    await rude.close()
  })
})
