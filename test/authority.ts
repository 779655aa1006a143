// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fromBER, GeneralizedTime, Integer, ObjectIdentifier, OctetString, Sequence } from 'asn1js'
import {
  Attribute,
  Certificate,
  ContentInfo,
  EncapsulatedContentInfo,
  IssuerAndSerialNumber,
  MessageImprint,
  PKIStatusInfo,
  SignedAndUnsignedAttributes,
  SignedData,
  SignerInfo,
  TimeStampReq,
  TimeStampResp,
  TSTInfo,
} from 'pkijs'

const POLICY = '1.2.3.4.1'

/** A certificate for a test authority, and what is wrong with it. */
export type SignerKind = 'good' | 'not-for-stamps' | 'expired'

/** A time-stamp authority on this machine: `openssl ts` behind HTTP, or one that lies. */
export interface Authority {
  readonly url: string
  readonly caFile: string
  /** How many requests came. */
  readonly asked: number
  /** How it answers from now on; `openssl ts -reply` until told otherwise. */
  answer(how: (request: Buffer, response: ServerResponse) => void | Promise<void>): void
  /** What `openssl ts -reply` says. */
  reply(request: Buffer): Buffer
  /** A token that openssl would not give: of another certificate, moment, nonce or imprint. */
  forge(
    request: Buffer,
    how: { signer?: SignerKind; at?: Date; nonce?: Uint8Array; imprint?: Uint8Array },
  ): Promise<Buffer>
  close(): Promise<void>
}

const openssl = (args: readonly string[]): void => void execFileSync('openssl', args, { stdio: 'pipe' })

/** @param folder where its keys, certificates and serial numbers lie */
export async function startAuthority(folder: string): Promise<Authority> {
  const at = (name: string): string => join(folder, name)
  mkdirSync(folder, { recursive: true })
  makeCertificates(at)
  let asked = 0
  let how: (request: Buffer, response: ServerResponse) => void | Promise<void> = (request, response) =>
    send(response, authority.reply(request))
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      asked++
      void how(Buffer.concat(parts), response)
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const authority: Authority = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    caFile: at('ca.pem'),
    get asked() {
      return asked
    },
    answer(next) {
      how = next
    },
    reply(request) {
      writeFileSync(at('request'), request)
      openssl(['ts', '-reply', '-config', at('ts.cnf'), '-queryfile', at('request'), '-out', at('reply')])
      return readFileSync(at('reply'))
    },
    forge: (request, wishes) => forge(at, request, wishes),
    close: () =>
      new Promise((done) => {
        server.closeAllConnections()
        server.close(() => done())
      }),
  }
  return authority
}

/** Sends a reply as an authority does. */
export function send(response: ServerResponse, reply: Uint8Array): void {
  response.writeHead(200, { 'content-type': 'application/timestamp-reply' }).end(reply)
}

function makeCertificates(at: (name: string) => string): void {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const purpose: Record<SignerKind, string> = {
    good: 'critical,timeStamping',
    expired: 'critical,timeStamping',
    'not-for-stamps': 'serverAuth,timeStamping',
  }
  writeFileSync(at('index.txt'), '')
  writeFileSync(
    at('ca.cnf'),
    `[ca]\ndefault_ca=d\n[d]\ndatabase=${at('index.txt')}\nnew_certs_dir=${at('.')}\nrand_serial=yes\ndefault_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n`,
  )
  const issue = (name: string, extensions: string, until: string, self: readonly string[] = []): void => {
    openssl([
      'req',
      '-new',
      ...key,
      '-keyout',
      at(`${name}.key`),
      '-out',
      at(`${name}.csr`),
      '-subj',
      `/CN=TSA ${name}`,
    ])
    writeFileSync(at(`${name}.ext`), extensions)
    openssl(
      ['ca', '-batch', '-notext', '-config', at('ca.cnf'), '-cert', at('ca.pem'), '-keyfile', at('ca.key')].concat(
        ['-in', at(`${name}.csr`), '-out', at(`${name}.pem`), '-extfile', at(`${name}.ext`)],
        ['-startdate', '20200101000000Z', '-enddate', until, ...self],
      ),
    )
  }
  const never = '20400101000000Z'
  issue('ca', 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n', never, ['-selfsign'])
  for (const kind of Object.keys(purpose) as SignerKind[]) {
    const extensions = `extendedKeyUsage=${purpose[kind]}\nkeyUsage=critical,digitalSignature\n`
    issue(kind, extensions, kind === 'expired' ? '20210101000000Z' : never)
  }
  writeFileSync(at('serial'), '01\n')
  writeFileSync(
    at('ts.cnf'),
    `[tsa]\ndefault_tsa=t\n[t]\nserial=${at('serial')}\nsigner_cert=${at('good.pem')}\nsigner_key=${at('good.key')}\ncerts=${at('ca.pem')}\nsigner_digest=sha256\ndefault_policy=${POLICY}\ndigests=sha256\ness_cert_id_alg=sha256\n`,
  )
}

const derOf = (pem: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64'))

async function forge(
  at: (name: string) => string,
  request: Buffer,
  { signer = 'good', at: moment = new Date(), nonce, imprint }: Parameters<Authority['forge']>[1],
): Promise<Buffer> {
  const asked = new TimeStampReq({ schema: fromBER(Uint8Array.from(request).buffer).result })
  const certificate = Certificate.fromBER(derOf(readFileSync(at(`${signer}.pem`), 'utf8')).buffer)
  const key = await crypto.subtle.importKey(
    'pkcs8',
    derOf(readFileSync(at(`${signer}.key`), 'utf8')),
    { name: 'ECDSA', namedCurve: 'P-256' },
    false,
    ['sign'],
  )
  const info = new TSTInfo({
    version: 1,
    policy: POLICY,
    messageImprint: imprint
      ? new MessageImprint({
          hashAlgorithm: asked.messageImprint.hashAlgorithm,
          hashedMessage: new OctetString({ valueHex: Uint8Array.from(imprint).buffer }),
        })
      : asked.messageImprint,
    serialNumber: new Integer({ value: 7 }),
    genTime: moment,
    ...(nonce ? { nonce: new Integer({ valueHex: Uint8Array.from(nonce).buffer }) } : { nonce: asked.nonce! }), // we always send one
  })
  const content = info.toSchema().toBER()
  const value = (data: Buffer | string): OctetString =>
    new OctetString({ valueHex: Uint8Array.from(Buffer.from(data)).buffer })
  const encapsulated = new EncapsulatedContentInfo({ eContentType: '1.2.840.113549.1.9.16.1.4' })
  // Set afterwards: the constructor would cut it into pieces, which is BER but no DER.
  encapsulated.eContent = new OctetString({ valueHex: content })
  const signed = new SignedData({
    version: 3,
    encapContentInfo: encapsulated,
    signerInfos: [
      new SignerInfo({
        version: 1,
        sid: new IssuerAndSerialNumber({ issuer: certificate.issuer, serialNumber: certificate.serialNumber }),
        signedAttrs: new SignedAndUnsignedAttributes({
          type: 0,
          attributes: [
            new Attribute({
              type: '1.2.840.113549.1.9.3',
              values: [new ObjectIdentifier({ value: '1.2.840.113549.1.9.16.1.4' })],
            }),
            new Attribute({ type: '1.2.840.113549.1.9.5', values: [new GeneralizedTime({ valueDate: moment })] }),
            new Attribute({
              type: '1.2.840.113549.1.9.4',
              values: [value(hash('sha256', Buffer.from(content), 'buffer'))],
            }),
            new Attribute({
              type: '1.2.840.113549.1.9.16.2.47',
              values: [
                new Sequence({
                  value: [
                    new Sequence({
                      value: [
                        new Sequence({
                          value: [value(hash('sha256', Buffer.from(certificate.toSchema().toBER()), 'buffer'))],
                        }),
                      ],
                    }),
                  ],
                }),
              ],
            }),
          ],
        }),
      }),
    ],
    certificates: [certificate],
  })
  await signed.sign(key, 0, 'SHA-256')
  const response = new TimeStampResp({
    status: new PKIStatusInfo({ status: 0 }),
    timeStampToken: new ContentInfo({ contentType: '1.2.840.113549.1.7.2', content: signed.toSchema(true) }),
  })
  return Buffer.from(response.toSchema().toBER())
}
