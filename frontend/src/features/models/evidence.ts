import type { Evidence } from '$lib/api/types'

/** newest is the evidence that counts now, or that of one decision where it is named. */
export function newest(list: Evidence[] | undefined, decision?: string): Evidence | undefined {
  const own = decision ? list?.filter((e) => e.decision === decision) : undefined
  return [...(own?.length ? own : (list ?? []))].sort((a, b) => b.at.localeCompare(a.at))[0]
}
