// SPDX-License-Identifier: Apache-2.0
import { Page } from '../../web/layout/Page.tsx'
import { Tabs } from '../../web/ui/Tabs.tsx'
import { ApiKeys } from './ApiKeys.tsx'
import { About } from './About.tsx'
import { Appearance } from './Appearance.tsx'
import { Security } from './Security.tsx'
import { Sessions } from './Sessions.tsx'
import { Timestamps } from './Timestamps.tsx'

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
