// SPDX-License-Identifier: Apache-2.0
import '../main.css'
import { Malformed, openBundle, verifyBundle } from '../../proof/verify.ts'
import { h, logo } from './dom.ts'
import { showResult, showTrouble } from './result.ts'
import { newTally } from './tally.ts'

/*
 * The page where a stranger verifies a bundle: dropped here, read here, sent nowhere. It asks the server for nothing
 * after it has loaded, and it is apart from the application, so that what it runs is small enough to be read.
 */

const key = h('input', { id: 'key', class: `${box()} h-8 font-mono text-xs`, spellcheck: 'false', autocomplete: 'off' })
const tsa = h('textarea', { id: 'tsa', rows: '4', class: `${box()} py-1.5 font-mono text-xs`, spellcheck: 'false' })
const repacked = h('input', { id: 'repacked', type: 'checkbox', class: 'mt-0.5 size-4 accent-accent' })
const file = h('input', { id: 'file', type: 'file', accept: '.zip,application/zip', class: 'sr-only' })
const status = h('p', { role: 'status', class: 'tabular text-ink-2' })
const result = h('div', { class: 'flex flex-col gap-6' })
let last: File | undefined

function box(): string {
  return 'w-full rounded border border-line-strong bg-surface px-2.5 text-ink focus-visible:border-accent'
}

/** Says how far it is at most this often. */
const EVERY_MS = 120

async function verify(bundle: File): Promise<void> {
  last = bundle
  const tally = newTally()
  let said = 0
  result.replaceChildren()
  status.textContent = `Reading ${bundle.name}`
  try {
    const summary = await verifyBundle(
      await openBundle(bundle),
      {
        ...(key.value.trim() === '' ? {} : { key: key.value.trim() }),
        ...(tsa.value.trim() === '' ? {} : { tsa: tsa.value }),
        repacked: repacked.checked,
      },
      (verdict) => {
        tally.add(verdict)
        if (performance.now() - said < EVERY_MS) return
        said = performance.now()
        status.textContent = `${tally.read().total.toLocaleString('en')} things looked at`
      },
    )
    status.textContent = ''
    result.replaceChildren(showResult(bundle.name, summary, tally.read()))
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    status.textContent = ''
    result.replaceChildren(showTrouble(bundle.name, error.message))
  }
}

function dropZone(): HTMLElement {
  const zone = h(
    'label',
    {
      for: 'file',
      class:
        'flex flex-col items-center gap-1 rounded border border-dashed border-line-strong px-6 py-12 text-center hover:bg-hover has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent data-over:border-accent data-over:bg-accent-soft',
    },
    h('span', { class: 'font-medium' }, 'Drop a bundle here, or choose one'),
    h(
      'span',
      { class: 'text-sm text-ink-2' },
      'The zip as it was exported. It is read in this browser and goes nowhere.',
    ),
    file,
  )
  zone.addEventListener('dragover', (event) => {
    event.preventDefault()
    zone.dataset['over'] = ''
  })
  zone.addEventListener('dragleave', () => delete zone.dataset['over'])
  zone.addEventListener('drop', (event) => {
    event.preventDefault()
    delete zone.dataset['over']
    const dropped = event.dataTransfer?.files[0]
    if (dropped) void verify(dropped)
  })
  file.addEventListener('change', () => {
    const chosen = file.files?.[0]
    if (chosen) void verify(chosen)
    file.value = ''
  })
  return zone
}

function pins(): HTMLElement {
  const again = h(
    'button',
    {
      type: 'button',
      class: 'h-8 self-start rounded border border-line-strong bg-surface px-3 font-medium hover:bg-hover',
    },
    'Verify again with these',
  )
  again.addEventListener('click', () => {
    if (last) void verify(last)
  })
  return h(
    'details',
    { class: 'rounded border border-line' },
    h('summary', { class: 'px-4 py-2.5 font-medium' }, 'What you know from elsewhere'),
    h(
      'div',
      { class: 'flex flex-col gap-4 border-t border-line px-4 py-4' },
      h(
        'p',
        { class: 'prose-line text-ink-2' },
        'Without these a bundle is only held against itself: it is whole, but whose it is you take from the bundle. Give the verifier key you wrote down when the engagement began, and the root certificates of the time-stamp authorities you trust.',
      ),
      labelled('key', "The log's verifier key", key),
      labelled('tsa', 'Root certificates of time-stamp authorities, PEM', tsa),
      h(
        'label',
        { class: 'flex gap-2.5', for: 'repacked' },
        repacked,
        'Accept a zip that another program packed again; its files are verified all the same',
      ),
      again,
    ),
  )
}

function labelled(id: string, text: string, control: HTMLElement): HTMLElement {
  return h('div', { class: 'flex flex-col gap-1.5' }, h('label', { for: id, class: 'font-medium' }, text), control)
}

const root = document.getElementById('verify')
if (!root) throw new Error('invariant broken: verify.html has an element with the id "verify"')
root.className = 'mx-auto flex max-w-200 flex-col gap-6 px-5 py-12 sm:py-16'
root.append(
  logo(),
  h(
    'div',
    { class: 'flex flex-col gap-1' },
    h('h1', { class: 'text-xl font-semibold' }, 'Verify a bundle'),
    h(
      'p',
      { class: 'prose-line text-lg' },
      'Every record is followed to the signed tree, every file to its record, every time-stamp to its authority. Nothing is sent, and nobody has to be trusted.',
    ),
  ),
  dropZone(),
  pins(),
  status,
  result,
  h(
    'p',
    { class: 'prose-line text-sm text-ink-2' },
    'The same without this page: “bash data/VERIFY.sh” inside the unpacked bundle needs bash, coreutils and openssl; “npx assay verify bundle.zip” needs no server. ',
    h(
      'a',
      { href: '/', class: 'text-accent underline decoration-line-strong underline-offset-3 hover:decoration-current' },
      'Back to Assay',
    ),
  ),
)
