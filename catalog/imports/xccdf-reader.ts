// SPDX-License-Identifier: Apache-2.0
import { MOST_RECORDS, refuseFile } from '../import.ts'
import type { XmlReader } from './xml-events.ts'

export interface RuleResult {
  readonly rule: string
  readonly time: string | undefined
  readonly severity: string | undefined
  readonly version: string | undefined
  /** The result word as it stands. */
  word: string
}

export interface TestResult {
  /** Position in the file, from 1. */
  readonly n: number
  readonly start_time: string | undefined
  readonly end_time: string | undefined
  readonly test_system: string | undefined
  benchmark: string | undefined
  profile: string | undefined
  target: string | undefined
  readonly facts: Map<string, string>
  readonly results: RuleResult[]
}

/** Gathers rules and results from the events of an XCCDF document, wherever in the file it stands. */
export class XccdfReader implements XmlReader {
  readonly rules = new Map<string, { title: string; readonly severity: string | undefined }>()
  readonly tests: TestResult[] = []
  benchmark: string | undefined
  private readonly path: string[] = []
  private rule: string | undefined
  private test: TestResult | undefined
  private result: RuleResult | undefined
  /** Where the text goes that is read now, and at what depth that began. */
  private sink: { readonly depth: number; readonly give: (text: string) => void } | undefined
  private gathered = ''
  private count = 0

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    const parent = this.path.at(-1)
    this.path.push(name)
    if (this.test) this.openInTest(this.test, name, parent, attributes)
    else if (name === 'Benchmark') this.benchmark ??= attributes['id']
    else if (name === 'TestResult') this.openTest(attributes)
    else if (name === 'Rule' && attributes['id'] !== undefined) {
      this.bound()
      this.rule = attributes['id']
      this.rules.set(this.rule, { title: '', severity: attributes['severity'] })
    } else if (name === 'title' && parent === 'Rule' && this.rule !== undefined) {
      const rule = this.rules.get(this.rule)
      if (rule?.title === '') this.gather((text) => void (rule.title = text))
    }
  }

  close(name: string): void {
    if (this.sink?.depth === this.path.length) {
      this.sink.give(this.gathered.replaceAll(/\s+/g, ' ').trim())
      this.sink = undefined
    }
    this.path.pop()
    if (name === 'TestResult') this.test = undefined
    else if (name === 'rule-result') this.result = undefined
    else if (name === 'Rule') this.rule = undefined
  }

  wantsText(): boolean {
    return this.sink !== undefined
  }

  text(text: string): void {
    if (this.gathered.length < 4000) this.gathered += text
  }

  private openTest(attributes: Readonly<Record<string, string>>): void {
    this.test = {
      n: this.tests.length + 1,
      start_time: attributes['start-time'],
      end_time: attributes['end-time'],
      test_system: attributes['test-system'],
      benchmark: undefined,
      profile: undefined,
      target: undefined,
      facts: new Map(),
      results: [],
    }
    this.tests.push(this.test)
  }

  private openInTest(
    test: TestResult,
    name: string,
    parent: string | undefined,
    attributes: Readonly<Record<string, string>>,
  ): void {
    if (name === 'rule-result' && parent === 'TestResult') {
      this.bound()
      this.result = {
        rule: attributes['idref'] ?? '',
        time: attributes['time'],
        severity: attributes['severity'],
        version: attributes['version'],
        word: '',
      }
      test.results.push(this.result)
    } else if (name === 'result' && parent === 'rule-result') {
      const result = this.result
      if (result) this.gather((text) => void (result.word = text))
    } else if (name === 'benchmark' && parent === 'TestResult') test.benchmark = attributes['id'] ?? attributes['href']
    else if (name === 'profile' && parent === 'TestResult') test.profile = attributes['idref']
    else if (name === 'target' && parent === 'TestResult') this.gather((text) => void (test.target ??= text))
    else if (name === 'fact' && parent === 'target-facts') {
      const fact = attributes['name'] ?? ''
      this.gather((text) => {
        if (!test.facts.has(fact) && test.facts.size < 1000) test.facts.set(fact, text)
      })
    }
  }

  private gather(give: (text: string) => void): void {
    this.gathered = ''
    this.sink = { depth: this.path.length, give }
  }

  private bound(): void {
    if (++this.count > MOST_RECORDS)
      throw refuseFile(
        'FILE_TOO_LARGE_TO_READ',
        `expected at most ${MOST_RECORDS} rules and results in one file, got more`,
      )
  }
}
