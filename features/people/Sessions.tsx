// SPDX-License-Identifier: Apache-2.0
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { listSessions, revokeSession } from '../../web/session.ts'
import { PlainTable } from '../../web/table/PlainTable.tsx'
import { Button } from '../../web/ui/Button.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { SkeletonRows } from '../../web/ui/Skeleton.tsx'
import { Tag } from '../../web/ui/Status.tsx'
import { Section } from '../../web/ui/Text.tsx'
import { say } from '../../web/ui/toasts.ts'
import { browserOf } from './browser.ts'

/** Where one is signed in, and how to end it from afar. */
export function Sessions() {
  const queries = useQueryClient()
  const asked = useQuery({ queryKey: ['auth', 'sessions'], queryFn: listSessions })
  const end = useMutation({
    mutationFn: revokeSession,
    onSuccess: async () => {
      say('The session has ended')
      await queries.invalidateQueries({ queryKey: ['auth', 'sessions'] })
    },
  })
  return (
    <Section title="Sessions" says="A session ends after half an hour without use, or when you end it.">
      <Loaded of={asked} waiting={<SkeletonRows rows={2} />}>
        {({ rows }) => (
          <PlainTable
            label="Sessions"
            rows={rows}
            rowKey={(row) => row.id}
            columns={[
              {
                id: 'browser',
                header: 'Browser',
                cell: (row) => (
                  <span title={row.agent}>
                    {browserOf(row.agent)} {row.is_this && <Tag tone="pass">This one</Tag>}
                  </span>
                ),
              },
              { id: 'address', header: 'From', from: 'sm', cell: (row) => row.address },
              { id: 'since', header: 'Since', cell: (row) => <Moment at={row.created_at} /> },
              { id: 'seen', header: 'Last used', from: 'md', cell: (row) => <Moment at={row.seen_at} /> },
              {
                id: 'do',
                header: '',
                align: 'end',
                cell: (row) => (
                  <Button
                    small
                    weight="danger"
                    because={row.is_this && 'Sign out to end this one'}
                    busy={end.isPending}
                    onClick={() => end.mutate(row.id)}
                  >
                    End
                  </Button>
                ),
              },
            ]}
          />
        )}
      </Loaded>
    </Section>
  )
}
