// SPDX-License-Identifier: Apache-2.0
import { Page } from '../../web/layout/Page.tsx'
import { Tabs } from '../../web/ui/Tabs.tsx'
import { later } from '../../web/ui/later.tsx'
import { ApiKeys } from './ApiKeys.tsx'

const About = later(async () => (await import('./About.tsx')).About)
const Appearance = later(async () => (await import('./Appearance.tsx')).Appearance)
const Security = later(async () => (await import('./Security.tsx')).Security)
const Sessions = later(async () => (await import('./Sessions.tsx')).Sessions)
const Timestamps = later(async () => (await import('./Timestamps.tsx')).Timestamps)

/** What is one's own, and what belongs to this installation. */
export function SettingsPage() {
  return (
    <Page title="Settings" narrow>
      <Tabs
        tabs={[
          { id: 'keys', label: 'API keys', content: <ApiKeys /> },
          { id: 'security', label: 'Password and second factor', content: <Security /> },
          { id: 'sessions', label: 'Sessions', content: <Sessions /> },
          { id: 'appearance', label: 'Appearance', content: <Appearance /> },
          { id: 'timestamps', label: 'Time-stamps', content: <Timestamps /> },
          { id: 'about', label: 'About', content: <About /> },
        ]}
      />
    </Page>
  )
}
