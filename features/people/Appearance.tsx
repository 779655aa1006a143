// SPDX-License-Identifier: Apache-2.0
import { RadioField } from '../../web/form/choices.tsx'
import { useTheme, type Theme } from '../../web/layout/theme.ts'
import { Kbd } from '../../web/ui/Kbd.tsx'
import { Fact, Facts, Section } from '../../web/ui/Text.tsx'

/** The theme of this browser, and the keys that work everywhere. */
export function Appearance() {
  const [theme, setTheme] = useTheme()
  return (
    <div className="flex flex-col gap-8">
      <RadioField
        label="Theme"
        value={theme}
        choices={[
          { value: 'system', label: 'As the system' },
          { value: 'light', label: 'Light' },
          { value: 'dark', label: 'Dark' },
        ]}
        onChange={(value) => setTheme(value as Theme)}
      />
      <Section title="Keys">
        <Facts>
          <Fact name={<Keys of={['Ctrl', 'K']} />}>Search and commands</Fact>
          <Fact name={<Keys of={['Ctrl', 'Enter']} />}>Send a form</Fact>
          <Fact name={<Keys of={['↑', '↓']} />}>Row by row in a list; Enter opens, Esc closes</Fact>
          <Fact name={<Keys of={['←', '→']} />}>Day by day on a strip; with Shift by month</Fact>
        </Facts>
      </Section>
    </div>
  )
}

function Keys({ of }: { of: readonly string[] }) {
  return (
    <span className="inline-flex gap-1">
      {of.map((key) => (
        <Kbd key={key}>{key}</Kbd>
      ))}
    </span>
  )
}
