import type { DvcExperiment } from '$lib/api/types'

const most = 6 // columns of a sort; the command line has all

/** keysOf are the columns for what experiments say: what differs among them first. */
export function keysOf(list: DvcExperiment[], part: 'metrics' | 'params'): string[] {
  const keys = [...new Set(list.flatMap((e) => Object.keys(e[part])))].sort()
  const differs = (k: string) => new Set(list.map((e) => e[part][k])).size > 1
  return [...keys.filter(differs), ...keys.filter((k) => !differs(k))].slice(0, most)
}
