import type { Decision, DecisionStep } from '$lib/api/types'
import { known, t, type MessageKey } from '$lib/i18n/index.svelte'

/** isWaiting says whether a decision cannot go on without a person. */
export const isWaiting = (d: Decision) => d.state === 'asked'

/** titleOf says a decision in one line: "Version 2 of weather went live". */
export function titleOf(d: Decision): string {
  const key = `decisions.title_${d.state}`
  if (!known(key)) return d.text || d.cause.text
  const params = { model: d.model, n: d.version ?? '' } as never
  return (t as (k: MessageKey, p: never) => string)(key, params)
}

const order: Record<string, string[]> = {
  retrain: ['feedback', 'snapshot', 'train', 'register', 'judge', 'promote', 'deploy'],
  promotion: ['register', 'judge', 'promote', 'deploy'],
}

export interface PlannedStep {
  name: string
  state: 'done' | 'skipped' | 'running' | 'failed' | 'pending'
  step?: DecisionStep
}

/** plan lays out all the steps of a decision: those that were done and those that are to come. */
export function plan(d: Decision): PlannedStep[] {
  const names = order[d.kind] ?? d.steps.map((s) => s.name)
  const done = new Map(d.steps.map((s) => [s.name, s]))
  const open = d.state === 'running'
  const next = names.find((n) => !done.has(n))
  return names
    .filter((n) => done.has(n) || open || (d.state === 'failed' && n === next))
    .map((name) => {
      const step = done.get(name)
      if (step) return { name, step, state: step.skipped ? 'skipped' : 'done' }
      if (name !== next) return { name, state: 'pending' }
      return { name, state: open ? 'running' : 'failed' }
    })
}
