import type { Decision, Run } from '$lib/api/types'
import { to } from '$lib/route'
import type { IconName } from '$lib/ui/icons'
import { isWaiting, titleOf } from '../decisions/decision'

/** Recent is something that has happened. */
export interface Recent {
  icon: IconName
  text: string
  at?: string
  state: string
  href: string
}

/** recent mixes decisions and runs, the newest first; what still waits or runs is shown elsewhere. */
export function recent(decisions: Decision[], runs: Run[], most: number): Recent[] {
  const all: Recent[] = [
    ...decisions.filter((d) => !isWaiting(d)).map((d) => ({ icon: 'decisions' as const, text: titleOf(d), at: d.closed_at ?? d.opened_at, state: d.state, href: to('decisions', d.id) })),
    ...runs.filter((r) => r.ended_at).map((r) => ({ icon: 'runs' as const, text: r.name, at: r.ended_at, state: r.status, href: to('runs', r.id) })),
  ]
  return all.sort((a, b) => (b.at ?? '').localeCompare(a.at ?? '')).slice(0, most)
}
