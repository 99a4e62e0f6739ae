import type { Brief, DriftColumn, Effect, Quality, Window } from '$lib/api/types'

/** lead is the effect a column is spoken of by: the one that goes furthest towards its threshold. */
export function lead(c: DriftColumn): Effect | undefined {
  const judged = c.effects.filter((e) => e.threshold)
  return judged.sort((a, b) => b.value / b.threshold! - a.value / a.threshold!)[0] ?? c.effects[0]
}

const strength = (c: DriftColumn) => {
  const e = lead(c)
  return e?.threshold ? e.value / e.threshold : 0
}

/** byStrength orders columns by how far they go towards their threshold. */
export const byStrength = (columns: DriftColumn[] | null) => [...(columns ?? [])].sort((a, b) => strength(b) - strength(a))

/** measured tells whether enough labels are in for the quality to say something. */
export const measured = (q: Quality) => q.status === 'ok' || q.status === 'below'

/** byWindow puts what was measured to its window, oldest window first; one whose labels are not in has no quality. */
export function byWindow(windows: Window[], list: Quality[]): { number: number; quality?: Quality }[] {
  const of = new Map(list.filter(measured).map((q) => [q.window_id, q]))
  return [...windows].sort((a, b) => a.number - b.number).map((w) => ({ number: w.number, quality: of.get(w.id) }))
}

/** headlineMetric is what the quality of a task is spoken of by. */
export const headlineMetric = (task: string) => (task === 'regression' ? 'rmse' : 'accuracy')

/** tracks turns windows into one line of effects per column, oldest first; the strongest columns of the newest window come first. */
export function tracks(windows: Window[]): { names: string[]; numbers: number[]; values: Map<string, (number | null)[]> } {
  const old = [...windows].sort((a, b) => a.number - b.number)
  const reach = (b: Brief) => (b.threshold ? b.effect / b.threshold : 0)
  const newest = [...(old.at(-1)?.brief ?? [])].sort((a, b) => reach(b) - reach(a))
  const names = newest.map((b) => b.name).slice(0, 6)
  const values = new Map(names.map((n) => [n, old.map((w) => w.brief.find((b) => b.name === n)?.effect ?? null)]))
  return { names, numbers: old.map((w) => w.number), values }
}
