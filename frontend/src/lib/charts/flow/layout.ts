/** Node is a box's place in the drawing, in pixels. */
export interface Node {
  name: string
  x: number
  y: number
}

export interface Layout {
  nodes: Node[]
  edges: { from: string; to: string; path: string }[]
  width: number
  height: number
}

export interface Size {
  width: number
  height: number
  gapX: number
  gapY: number
}

/** layers puts every box one step behind the last of those it comes from. A circle ends up in the first layer. */
export function layers(boxes: { name: string; upstream: string[] }[]): string[][] {
  const by = new Map(boxes.map((s) => [s.name, s]))
  const depth = new Map<string, number>()
  const visit = (name: string, path: Set<string>): number => {
    const known = depth.get(name)
    if (known !== undefined) return known
    if (path.has(name)) return 0
    const up = (by.get(name)?.upstream ?? []).filter((u) => by.has(u))
    const next = new Set(path).add(name)
    const d = up.length ? 1 + Math.max(...up.map((u) => visit(u, next))) : 0
    depth.set(name, d)
    return d
  }
  const out: string[][] = []
  for (const s of boxes) (out[visit(s.name, new Set())] ??= []).push(s.name)
  return out.map((l) => l ?? [])
}

/** untangled puts the boxes of a layer in the order of those that they come from, so that fewer edges cross. */
function untangled(rows: string[][], boxes: { name: string; upstream: string[] }[]): string[][] {
  const up = new Map(boxes.map((b) => [b.name, b.upstream]))
  const place = new Map<string, number>()
  return rows.map((row) => {
    const middle = (name: string, own: number) => {
      const at = (up.get(name) ?? []).flatMap((u) => place.get(u) ?? [])
      return at.length ? at.reduce((a, b) => a + b, 0) / at.length : own / row.length
    }
    const by = new Map(row.map((name, i) => [name, middle(name, i)]))
    const sorted = row.toSorted((a, b) => by.get(a)! - by.get(b)!)
    sorted.forEach((name, i) => place.set(name, (i + 0.5) / sorted.length))
    return sorted
  })
}

/** layout places the layers from left to right and draws edges as curves between their sides. */
export function layout(boxes: { name: string; upstream: string[] }[], box: Size): Layout {
  const rows = untangled(layers(boxes), boxes)
  const tallest = Math.max(1, ...rows.map((r) => r.length))
  const height = tallest * box.height + (tallest - 1) * box.gapY
  const at = new Map<string, Node>()
  rows.forEach((row, i) => {
    const own = row.length * box.height + (row.length - 1) * box.gapY
    row.forEach((name, j) => at.set(name, { name, x: i * (box.width + box.gapX), y: (height - own) / 2 + j * (box.height + box.gapY) }))
  })
  const edges = boxes.flatMap((s) =>
    s.upstream.flatMap((u) => {
      const a = at.get(u)
      const b = at.get(s.name)
      return a && b ? [{ from: u, to: s.name, path: curve(a, b, box) }] : []
    }),
  )
  return { nodes: [...at.values()], edges, width: rows.length * box.width + Math.max(0, rows.length - 1) * box.gapX, height: height + bend(edges, at, box) }
}

// An edge that passes over a whole layer bows below the boxes between; it needs room there.
function bend(edges: { from: string; to: string }[], at: Map<string, Node>, box: Size): number {
  return edges.some((e) => far(at.get(e.from)!, at.get(e.to)!, box)) ? 28 : 0
}

const far = (a: Node, b: Node, box: Size) => b.x - a.x > box.width + box.gapX + 1 && Math.abs(a.y - b.y) < 1

function curve(a: Node, b: Node, box: Size): string {
  const x1 = a.x + box.width
  const y1 = a.y + box.height / 2
  const y2 = b.y + box.height / 2
  if (far(a, b, box)) {
    const low = a.y + box.height + 18
    return `M${x1} ${y1 + 12}C${x1 + 34} ${y1 + 12} ${x1 + 10} ${low} ${x1 + 50} ${low}H${b.x - 50}C${b.x - 10} ${low} ${b.x - 34} ${y2 + 12} ${b.x} ${y2 + 12}`
  }
  const mid = (x1 + b.x) / 2
  return `M${x1} ${y1}C${mid} ${y1} ${mid} ${y2} ${b.x} ${y2}`
}
