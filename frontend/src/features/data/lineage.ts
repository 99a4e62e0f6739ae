import type { Lineage, LineageNode } from '$lib/api/types'
import { to } from '$lib/route'

/** size is that of a box in the drawing, in pixels. */
export const size = { width: 184, height: 62, gapX: 40, gapY: 14 }

/** steps are the nodes as the layout takes them: each with what it was made of. */
export function steps(l: Lineage): { name: string; upstream: string[] }[] {
  const up = new Map<string, string[]>()
  for (const e of l.edges) up.set(e.to, [...(up.get(e.to) ?? []), e.from])
  return l.nodes.map((n) => ({ name: n.id, upstream: up.get(n.id) ?? [] }))
}

/** page is the address of a node's own page; undefined where it has none here. */
export function page(n: LineageNode): string | undefined {
  const parts = n.parts ?? []
  switch (n.kind) {
    case 'snapshot':
      return to('data', ...parts) + '?tab=lineage'
    case 'stage':
      return to('pipeline', ...parts)
    case 'run':
      return to('runs', ...parts)
    case 'version':
    case 'evaluation':
      return to('models', ...parts)
    case 'endpoint':
      return to('endpoints', ...parts)
    case 'origin':
      return /^https?:\/\//.test(n.name) ? n.name : undefined
  }
  return undefined
}

/** related are the nodes that lead to one, and those that it leads to, with itself. */
export function related(l: Lineage, id: string): Set<string> {
  const found = new Set([id])
  const follow = (from: 'from' | 'to', at: 'from' | 'to') => {
    const queue = [id]
    for (let one = queue.pop(); one !== undefined; one = queue.pop())
      for (const e of l.edges) if (e[from] === one && !found.has(e[at])) queue.push((found.add(e[at]), e[at]))
  }
  follow('from', 'to')
  follow('to', 'from')
  return found
}
