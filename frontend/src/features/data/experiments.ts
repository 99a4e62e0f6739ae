import type { DvcExperiment } from '$lib/api/types'
import { figure } from '$lib/format'

/** Key is a column of the table of experiments: a metric or a param by its dotted name. */
export interface Key {
  part: 'metrics' | 'params'
  name: string
  differs: boolean
}

/** keysOf are the columns for what experiments say, one for each leaf: what differs among them first, metrics before params. */
export function keysOf(list: DvcExperiment[]): Key[] {
  const of = (part: Key['part']): Key[] =>
    [...new Set(list.flatMap((e) => Object.keys(e[part])))].sort().map((name) => ({ part, name, differs: new Set(list.map((e) => e[part][name])).size > 1 }))
  const all = [...of('metrics'), ...of('params')]
  return [...all.filter((k) => k.differs), ...all.filter((k) => !k.differs)]
}

/** settings reads what params are to be set to, one a line; empty lines are left out. */
export const settings = (text: string): string[] => text.split('\n').map((l) => l.trim()).filter(Boolean)

/** told is what an experiment says of a key. */
export const told = (e: DvcExperiment, k: Key): string => (k.part === 'metrics' ? figure(e.metrics[k.name]) : (e.params[k.name] ?? '–'))
