// SPDX-License-Identifier: Apache-2.0
import { Dialog as Base } from '@base-ui/react/dialog'
import { useNavigate } from '@tanstack/react-router'
import { Command } from 'cmdk'
import { useAsk } from '../operations.ts'
import { paths } from '../paths.ts'
import { PLACES } from './navigation.ts'

const ITEM =
  'flex h-9 cursor-default items-center gap-2.5 rounded-sm px-2 select-none data-[selected=true]:bg-hover [&_svg]:text-ink-3'
const GROUP =
  '[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:pt-3 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:font-medium [&_[cmdk-group-heading]]:text-ink-3'

/** Every word that was typed stands in the id or title; what begins with them comes first. */
function rank(value: string, typed: string): number {
  const text = value.toLowerCase()
  const words = typed.toLowerCase().split(/\s+/)
  if (!words.every((word) => text.includes(word))) return 0
  return text.startsWith(words.join(' ')) ? 1 : 0.5
}

/** Ctrl-K: goes to any page, control, criterion, check or policy by words of its id or title. */
export function Palette({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="appears fixed inset-0 z-40 bg-black/30 dark:bg-black/50" />
        <Base.Popup className="appears floats fixed top-[12vh] left-1/2 z-40 w-[calc(100vw-32px)] max-w-160 -translate-x-1/2 overflow-hidden outline-none">
          <Base.Title className="sr-only">Search and commands</Base.Title>
          <Commands onClose={onClose} />
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}

function Commands({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate()
  const controls = useAsk('controls.list', { limit: 500 })
  const criteria = useAsk('criteria.list', {})
  const checks = useAsk('checks.list', { limit: 500 })
  const policies = useAsk('policies.list', {})
  const go = (to: string, search: { open?: string } = {}): void => {
    onClose()
    void navigate({ to, search })
  }
  return (
    <Command label="Search and commands" loop filter={rank}>
      <Command.Input
        autoFocus
        placeholder="Go to a page, control, criterion, check or policy"
        className="h-12 w-full border-b border-line bg-transparent px-4 text-lg outline-none placeholder:text-ink-3"
      />
      <Command.List className="max-h-[min(420px,60vh)] overflow-y-auto p-1.5">
        <Command.Empty className="px-2 py-6 text-center text-ink-2">Nothing has that in its id or title.</Command.Empty>
        <Command.Group heading="Pages" className={GROUP}>
          {PLACES.flatMap((group) => group.places).map((place) => (
            <Command.Item key={place.to} value={`page ${place.label}`} onSelect={() => go(place.to)} className={ITEM}>
              <place.icon size={16} aria-hidden="true" />
              {place.label}
            </Command.Item>
          ))}
        </Command.Group>
        <Command.Group heading="Controls" className={GROUP}>
          {controls.data?.rows.map((control) => (
            <Found key={control.id} id={control.id} title={control.title} go={() => go(paths.control(control.id))} />
          ))}
        </Command.Group>
        <Command.Group heading="Criteria" className={GROUP}>
          {criteria.data?.rows.map((criterion) => (
            <Found
              key={criterion.id}
              id={criterion.id}
              title={criterion.title}
              go={() => go(paths.criterion(criterion.id))}
            />
          ))}
        </Command.Group>
        <Command.Group heading="Checks" className={GROUP}>
          {checks.data?.rows.map((check) => (
            <Found key={check.id} id={check.id} title={check.says} go={() => go(paths.check(check.id))} />
          ))}
        </Command.Group>
        <Command.Group heading="Policies" className={GROUP}>
          {policies.data?.rows.map((policy) => (
            <Found
              key={policy.id}
              id={policy.id}
              title={policy.title}
              go={() => go(paths.policies, { open: policy.id })}
            />
          ))}
        </Command.Group>
      </Command.List>
    </Command>
  )
}

function Found({ id, title, go }: { id: string; title: string; go: () => void }) {
  return (
    <Command.Item value={`${id} ${title}`} onSelect={go} className={ITEM}>
      <span className="shrink-0 font-mono text-xs text-ink-3">{id}</span>
      <span className="truncate">{title}</span>
    </Command.Item>
  )
}
