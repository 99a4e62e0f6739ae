import type { Trace } from '$lib/api/types'
import { isFilter } from '../runs/filter'

/** toFilter turns what was typed into a filter of traces: words are looked for in all that a trace says. */
export function toFilter(text: string): string {
  const typed = text.trim()
  if (!typed || isFilter(typed)) return typed
  return `trace.text ILIKE '%${typed.replace(/'/g, '')}%'`
}

function json(text: string | undefined): Record<string, number> {
  try {
    return JSON.parse(text ?? '{}') as Record<string, number>
  } catch {
    return {}
  }
}

/** usage is how many tokens a trace took; undefined where nobody counted. */
export function usage(t: Trace): { total: number; input: number; output: number } | undefined {
  const u = json(t.metadata?.['mlflow.trace.tokenUsage'])
  if (u.total_tokens === undefined && u.input_tokens === undefined) return undefined
  return { total: u.total_tokens ?? (u.input_tokens ?? 0) + (u.output_tokens ?? 0), input: u.input_tokens ?? 0, output: u.output_tokens ?? 0 }
}

/** cost is what a trace cost, in the unit that its maker counts in; undefined where nobody counted. */
export const cost = (t: Trace): number | undefined => json(t.metadata?.['mlflow.trace.cost']).total_cost

/** nameOf is the name that its maker gave a trace. */
export const nameOf = (t: Trace) => t.tags?.['mlflow.traceName']

/** ownTags are the tags that people set. */
export const ownTags = (t: Trace) => Object.entries(t.tags ?? {}).filter(([k]) => !k.startsWith('mlflow.'))

/** promptsOf are the versions of prompts that a trace used. */
export function promptsOf(t: Trace): { name: string; version: string }[] {
  const list = json(t.tags?.['mlflow.linkedPrompts']) as unknown
  return Array.isArray(list) ? list : []
}

/** opened takes the quotes off a text that was sent as JSON, also where it is all that a map holds. */
export function opened(text: string | undefined): string {
  if (!text) return ''
  try {
    const v: unknown = JSON.parse(text)
    const only = v && typeof v === 'object' && !Array.isArray(v) ? Object.values(v) : [v]
    return only.length === 1 && typeof only[0] === 'string' ? only[0] : text
  } catch {
    return text
  }
}
