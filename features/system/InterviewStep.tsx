// SPDX-License-Identifier: Apache-2.0
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { ask, type Input, type Output } from '../../web/client.ts'
import { today } from '../../web/dates.ts'
import { Form } from '../../web/form/Form.tsx'
import { YesNoField } from '../../web/form/choices.tsx'
import { SelectField, TextField } from '../../web/form/fields.tsx'
import { useAsk } from '../../web/operations.ts'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { Answer } from '../../web/ui/Text.tsx'
import type { Begun } from './BeginPage.tsx'
import { withSuggestion } from './scope-draft.ts'

type Question = Output<'system.suggest'>['questions'][number]
type Answers = NonNullable<Input<'system.suggest'>['answers']>
type Given = Readonly<Record<string, string | number | boolean>>

/** The questions of the interview; the answers are turned into a suggestion with reasons. */
export function InterviewStep({ begun, onDone }: { begun: Begun; onDone: (next: Begun) => void }) {
  const asked = useAsk('system.suggest', {}, { now: true })
  return (
    <div className="flex flex-col gap-6">
      <Answer>
        Eleven short answers suggest what to examine and which controls suit you. You can change everything after.
      </Answer>
      <Loaded of={asked}>{({ questions }) => <Questions questions={questions} begun={begun} onDone={onDone} />}</Loaded>
    </div>
  )
}

function Questions({
  questions,
  begun,
  onDone,
}: {
  questions: readonly Question[]
  begun: Begun
  onDone: (next: Begun) => void
}) {
  const [given, setGiven] = useState<Given>({})
  const attempt = useMutation({
    mutationFn: () => ask('system.suggest', { answers: given as Answers }),
    onSuccess: ({ suggestion }) => {
      if (suggestion)
        onDone({ suggestion, draft: withSuggestion(begun.draft, suggestion, Number(given['people'] ?? 1), today()) })
    },
  })
  const missing = questions.find((question) => question.answer === 'number' && given[question.id] === undefined)
  return (
    <Form
      attempt={attempt}
      submit="Suggest a scope"
      because={missing && `Answer first: ${missing.ask}`}
      onSubmit={() => attempt.mutate()}
    >
      {questions.map((question) => (
        <Field
          key={question.id}
          question={question}
          value={given[question.id]}
          onChange={(value) => setGiven((old) => ({ ...old, [question.id]: value }))}
        />
      ))}
    </Form>
  )
}

function Field({
  question,
  value,
  onChange,
}: {
  question: Question
  value: string | number | boolean | undefined
  onChange: (value: string | number | boolean) => void
}) {
  const pointer = `/answers/${question.id}`
  if (question.answer === 'number')
    return (
      <TextField
        label={question.ask}
        help={question.why}
        pointer={pointer}
        type="number"
        min={0}
        value={value === undefined ? '' : String(value)}
        onChange={(text) => onChange(Number(text))}
      />
    )
  if (question.answer === 'choice')
    return (
      <SelectField
        label={question.ask}
        help={question.why}
        pointer={pointer}
        value={typeof value === 'string' ? value : undefined}
        choices={question.options ?? []}
        onChange={onChange}
      />
    )
  return (
    <YesNoField
      label={question.ask}
      help={question.why}
      pointer={pointer}
      value={typeof value === 'boolean' ? value : undefined}
      onChange={onChange}
    />
  )
}
