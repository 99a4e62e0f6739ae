import type { Run, RunComparison } from '$lib/api/types'
import { byName } from '$lib/format'

/** merge puts newer states of runs in the place of the older ones; those that were deleted go. */
export function merge(list: Run[], fresh: Run[]): Run[] {
  const by = new Map(fresh.map((r) => [r.id, r]))
  return list.map((r) => by.get(r.id) ?? r).filter((r) => r.lifecycle !== 'deleted')
}

/** Section is the rows of one group of a comparison. */
export interface Section {
  group: string
  rows: RunComparison['rows']
}

/** sections groups a comparison's rows in their order; only leaves out what is the same in all runs, typed what has another name. */
export function sections(rows: RunComparison['rows'], only: boolean, typed = ''): Section[] {
  const want = typed.toLowerCase()
  const out: Section[] = []
  for (const row of rows) {
    let s = out.find((x) => x.group === row.group)
    if (!s) out.push((s = { group: row.group, rows: [] }))
    if ((!only || !row.same) && (!want || row.key.toLowerCase().includes(want))) s.rows.push(row)
  }
  return out
}

/** allKeys returns every key of the records, in order. */
export const allKeys = (records: Record<string, unknown>[]) => [...new Set(records.flatMap((r) => Object.keys(r)))].sort(byName)
