import type { Host, HostFacts } from '$lib/api/types'

/** shape accepts the facts at the top as well as under their own name. */
export function shape(out: Host | HostFacts): Host {
  if ('facts' in out) return out
  const { now, hints, ...facts } = out as HostFacts & Partial<Pick<Host, 'now' | 'hints'>>
  return { facts: facts as HostFacts, now, hints: hints ?? [] }
}
