import type { Span } from '$lib/api/types'

/** Row is one step of a trace where it stands in the tree. */
export interface Row {
  span: Span
  depth: number
  children: number
}

/**
 * rows lays the steps out as a tree, each below what it belongs to, in the order in
 * which they began. A step whose parent never came in stands at the top, and steps that
 * name each other as parents are shown once.
 */
export function rows(spans: Span[]): Row[] {
  const known = new Set(spans.map((s) => s.id))
  const below = new Map<string, Span[]>()
  for (const s of [...spans].sort((a, b) => a.offset_ns - b.offset_ns)) {
    const parent = s.parent_id && s.parent_id !== s.id && known.has(s.parent_id) ? s.parent_id : ''
    below.set(parent, [...(below.get(parent) ?? []), s])
  }
  const out: Row[] = []
  const seen = new Set<string>()
  const add = (span: Span, depth: number) => {
    if (seen.has(span.id)) return
    seen.add(span.id)
    const children = below.get(span.id) ?? []
    out.push({ span, depth, children: children.length })
    for (const c of children) add(c, depth + 1)
  }
  for (const s of below.get('') ?? []) add(s, 0)
  for (const s of spans) add(s, 0) // what only a circle holds together
  return out
}

/** whole is how long the trace takes, in ns: from the first begin to the last end. */
export const whole = (spans: Span[]) => Math.max(1, ...spans.map((s) => s.offset_ns + (s.duration_ns ?? 0)))

/** nanos writes a duration that came in nanoseconds. */
export function nanos(ns: number): string {
  if (ns < 1000) return `${ns} ns`
  if (ns < 1e6) return `${Math.round(ns / 1000)} µs`
  if (ns < 1e9) return `${(ns / 1e6).toFixed(ns < 1e8 ? 1 : 0)} ms`
  return `${(ns / 1e9).toFixed(2)} s`
}

/** says writes any value as a person reads it: texts as they are, all else as JSON in lines. */
export const says = (v: unknown) => (typeof v === 'string' ? v : JSON.stringify(v, null, 2))
