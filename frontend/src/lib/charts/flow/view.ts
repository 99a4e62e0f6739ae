import type { Layout } from './layout'

export interface Box {
  name: string
  upstream: string[]
}

/** least and most are how far a drawing is made smaller or larger. */
export const [least, most] = [0.2, 2]
const legible = 0.75

export const bounded = (scale: number) => Math.min(most, Math.max(least, scale))

/** fit is the scale at which all of a drawing is seen in the room, in pixels; it is never made larger. */
export const fit = (drawn: { width: number; height: number }, room: { width: number; height: number }) => bounded(Math.min(1, room.width / drawn.width, room.height / drawn.height))

/** first is the scale that a drawing begins with: all of it in its width, as long as that can be read. */
export const first = (width: number, room: number) => (room ? Math.min(1, Math.max(legible, room / width)) : 1)

/** near are a box, what it comes from and what comes from it. */
export function near(boxes: Box[], name: string): Box[] {
  const up = new Set(boxes.find((b) => b.name === name)?.upstream)
  return boxes.filter((b) => b.name === name || up.has(b.name) || b.upstream.includes(name))
}

/** beside is the box that an arrow key leads to: the nearest on that side; undefined where there is none. */
export function beside(drawn: Layout, name: string, key: string): string | undefined {
  const from = drawn.nodes.find((n) => n.name === name)
  const side = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key]
  if (!from || !side) return undefined
  let found: { name: string; far: number } | undefined
  for (const n of drawn.nodes) {
    const [dx, dy] = [n.x - from.x, n.y - from.y]
    const ahead = dx * side[0]! + dy * side[1]!
    if (ahead <= 0 || (side[0] === 0 && dx !== 0)) continue
    const far = Math.abs(dx) * 4 + Math.abs(dy)
    if (!found || far < found.far) found = { name: n.name, far }
  }
  return found?.name
}
