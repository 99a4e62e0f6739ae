import type { DriftColumn, Effect, Window } from '$lib/api/types'

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

/** headlineMetric is what the quality of a task is spoken of by. */
export const headlineMetric = (task: string) => (task === 'regression' ? 'rmse' : 'accuracy')

/** tracks turns windows, newest first, into one line of effects per column, oldest first. */
export function tracks(windows: Window[]): { names: string[]; numbers: number[]; values: Map<string, (number | null)[]> } {
  const old = [...windows].sort((a, b) => a.number - b.number)
  const names = [...new Set(byStrength(windows[0]?.columns ?? []).map((c) => c.name))].slice(0, 6)
  const values = new Map(
    names.map((n) => [
      n,
      old.map((w) => {
        const c = w.columns?.find((x) => x.name === n)
        return c ? (lead(c)?.value ?? null) : null
      }),
    ]),
  )
  return { names, numbers: old.map((w) => w.number), values }
}
