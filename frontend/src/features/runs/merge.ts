import type { Run } from '$lib/api/types'

/** merge puts newer states of runs in the place of the older ones; those that were deleted go. */
export function merge(list: Run[], fresh: Run[]): Run[] {
  const by = new Map(fresh.map((r) => [r.id, r]))
  return list.map((r) => by.get(r.id) ?? r).filter((r) => r.lifecycle !== 'deleted')
}

/** differing returns the keys whose values are not the same in all records; a missing one counts as different. */
export function differing<V>(records: Record<string, V>[]): string[] {
  const keys = [...new Set(records.flatMap((r) => Object.keys(r)))].sort()
  return keys.filter((k) => new Set(records.map((r) => (k in r ? JSON.stringify(r[k]) : '\0'))).size > 1)
}

/** allKeys returns every key of the records, in order. */
export const allKeys = (records: Record<string, unknown>[]) => [...new Set(records.flatMap((r) => Object.keys(r)))].sort()
