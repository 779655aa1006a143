// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Recorder } from './recorder.ts'

const at = '2026-03-02T09:00:00.000Z'
const clock = () => new Date(at)
const asked = (text: string) => ({
  name: 'a.txt',
  media_type: 'text/plain',
  asked_at: at,
  bytes: Buffer.from(text),
  code: 0,
  said: text,
  request: { asked: text },
  response: { said: text, n: 1 },
})

test('a secret shows in nothing that is kept, in none of its usual forms', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 12, unit: 'grapheme' }).filter((s) => s.trim() === s && !s.startsWith('-----')),
      (secret) => {
        const recorder = new Recorder(clock, [secret])
        const forms = [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]
        recorder.record(asked(`before ${forms.join(' and ')} after`))
        const [kept] = recorder.take()
        for (const form of forms)
          for (const text of [kept!.bytes.toString(), kept!.said, kept!.request['asked'], kept!.response['said']])
            expect(String(text)).not.toContain(form)
      },
    ),
  )
})
test('each line of a private key is a secret; its frame is not', () => {
  const key =
    '-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0LWxpbmUtb25l\nc2VjcmV0LWxpbmUtdHdv\n-----END OPENSSH PRIVATE KEY-----\n'
  const recorder = new Recorder(clock, [key])
  expect(recorder.scrub('x c2VjcmV0LWxpbmUtdHdv y -----BEGIN OPENSSH PRIVATE KEY-----')).toBe(
    'x [secret] y -----BEGIN OPENSSH PRIVATE KEY-----',
  )
})
test('bytes without a secret are kept as they came; a short password that is also a name stays in them', () => {
  const recorder = new Recorder(clock, ['postgres'])
  const bytes = Buffer.from([0xff, 0xfe, 0, ...Buffer.from('postgres')])
  recorder.record({ ...asked('postgres'), bytes })
  const [kept] = recorder.take()
  expect(kept!.bytes).toEqual(bytes)
  expect(kept!.said).toBe('[secret]')
  expect(recorder.take()).toEqual([])
})
