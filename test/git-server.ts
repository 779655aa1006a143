// SPDX-License-Identifier: Apache-2.0
import { execFileSync, spawn } from 'node:child_process'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { dirname, join } from 'node:path'

/** A git server over HTTP, as its own `http-backend` makes one, that asks for a token. */
export interface GitServer {
  readonly port: number
  /** Authorization headers that came, in order. */
  readonly seen: string[]
  /** Answers what `how` says instead of git, from now on. */
  instead(how: ((request: IncomingMessage, response: ServerResponse) => void) | undefined): void
  close(): Promise<void>
}

export async function serveGit(repository: string, token?: string): Promise<GitServer> {
  const backend = join(execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim(), 'git-http-backend')
  const seen: string[] = []
  let other: ((request: IncomingMessage, response: ServerResponse) => void) | undefined
  const server = createServer((request, response) => {
    const { authorization } = request.headers
    if (authorization !== undefined) seen.push(authorization)
    if (other) return other(request, response)
    const wanted =
      token === undefined ? undefined : `Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`
    if (wanted !== undefined && authorization !== wanted)
      return void response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end()
    runBackend(backend, repository, request, response)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    seen,
    instead(how) {
      other = how
    },
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

function runBackend(backend: string, repository: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const child = spawn(backend, [], {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: dirname(repository),
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      ...(request.headers['content-encoding'] ? { HTTP_CONTENT_ENCODING: request.headers['content-encoding'] } : {}),
      ...(request.headers['git-protocol'] ? { GIT_PROTOCOL: String(request.headers['git-protocol']) } : {}),
    },
  })
  request.pipe(child.stdin)
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.once('close', () => {
    const all = Buffer.concat(chunks)
    const split = all.indexOf('\r\n\r\n')
    const headers = all.toString('latin1', 0, split).split('\r\n')
    let status = 200
    for (const line of headers) {
      const [name = '', value = ''] = line.split(': ')
      if (name === 'Status') status = Number(value.slice(0, 3))
      else response.setHeader(name, value)
    }
    response.writeHead(status).end(all.subarray(split + 4))
  })
}
