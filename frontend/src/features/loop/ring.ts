/** The geometry of the ring, in a box of 760 by 580. */
export const box = { width: 760, height: 580 }
const center = { x: 380, y: 290 }
const radius = 190

export interface Arc {
  path: string
  node: { x: number; y: number }
  label: { x: number; y: number; side: 'left' | 'right' | 'center' } // in per cent of the box
  turn: { x: number; y: number; angle: number } // the arrow behind the arc
}

const rad = (deg: number) => (deg * Math.PI) / 180
const on = (deg: number, r = radius) => ({ x: round(center.x + r * Math.cos(rad(deg))), y: round(center.y + r * Math.sin(rad(deg))) })
const round = (v: number) => Math.round(v * 100) / 100

/** arcs lays n stages around the circle, clockwise from the top. */
export function arcs(n: number, gap = 13): Arc[] {
  const step = 360 / n
  return Array.from({ length: n }, (_, i) => {
    const mid = -90 + i * step
    const a = on(mid - step / 2 + gap / 2)
    const b = on(mid + step / 2 - gap / 2)
    const edge = on(mid + step / 2)
    return {
      path: `M${a.x} ${a.y}A${radius} ${radius} 0 0 1 ${b.x} ${b.y}`,
      node: on(mid),
      label: labelAt(mid),
      turn: { ...edge, angle: round(mid + step / 2 + 90) },
    }
  })
}

function labelAt(mid: number): Arc['label'] {
  const low = Math.max(0, Math.sin(rad(mid))) // labels below need more room: they begin above their middle
  const p = on(mid, radius + 38 + 22 * low)
  const side = Math.abs(p.x - center.x) < 24 ? 'center' : p.x > center.x ? 'right' : 'left'
  return { x: round((p.x / box.width) * 100), y: round((p.y / box.height) * 100), side }
}
