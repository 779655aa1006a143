// SPDX-License-Identifier: Apache-2.0
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { LogOut, Monitor, Moon, Settings, Sun } from 'lucide-react'
import { paths } from '../paths.ts'
import { signOut } from '../session.ts'
import { Menu } from '../ui/Menu.tsx'
import { roleText } from '../words.ts'
import { useShell } from './shell.ts'
import { useTheme, type Theme } from './theme.ts'

const THEMES = [
  { id: 'system', label: 'As the system', icon: Monitor },
  { id: 'light', label: 'Light', icon: Sun },
  { id: 'dark', label: 'Dark', icon: Moon },
] as const satisfies readonly { id: Theme; label: string; icon: unknown }[]

/** Who is signed in, the theme, and the way out. */
export function AccountMenu() {
  const { me } = useShell()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const [theme, setTheme] = useTheme()
  const name = me.name ?? me.email ?? me.id
  const leave = async (): Promise<void> => {
    await signOut()
    await navigate({ to: paths.signIn })
    queries.clear()
  }
  return (
    <Menu
      trigger={
        <button
          type="button"
          aria-label={`${initials(name)}: account of ${name}`}
          className="inline-flex size-8 items-center justify-center rounded-full hover:bg-hover"
        >
          <span
            aria-hidden="true"
            className="inline-flex size-6 items-center justify-center rounded-full bg-accent-soft text-xs font-semibold text-accent"
          >
            {initials(name)}
          </span>
        </button>
      }
      entries={[
        {
          kind: 'words',
          id: 'me',
          content: (
            <>
              <p className="font-medium">{name}</p>
              <p className="text-sm text-ink-2">{me.organization.name}</p>
              <p className="text-sm text-ink-2">{me.roles.map(roleText).join(', ')}</p>
            </>
          ),
        },
        { kind: 'line' },
        {
          kind: 'group',
          label: 'Theme',
          entries: THEMES.map((choice) => ({
            kind: 'check',
            label: choice.label,
            icon: <choice.icon />,
            on: theme === choice.id,
            onChange: () => setTheme(choice.id),
          })),
        },
        { kind: 'line' },
        { kind: 'item', label: 'Settings', icon: <Settings />, onClick: () => void navigate({ to: paths.settings }) },
        { kind: 'item', label: 'Sign out', icon: <LogOut />, onClick: () => void leave() },
      ]}
    />
  )
}

const initials = (name: string): string =>
  name
    .split(/[\s@.]+/)
    .slice(0, 2)
    .map((part) => part.charAt(0).toUpperCase())
    .join('')
