import type { AlignedData } from 'uplot'

/** Series is one line of a chart; color is a token such as --c1. */
export interface Series {
  label: string
  x: number[]
  y: (number | null)[]
  color: string
  dash?: boolean
  faint?: boolean
  fill?: boolean
  gaps?: boolean // null is a hole in the line, not something to draw through
}

export const palette = ['--c1', '--c2', '--c3', '--c4', '--c5', '--c6', '--c7', '--c8']

/** deal gives the n-th series its colour. */
export const deal = (n: number) => palette[n % palette.length]!

/** align puts series with their own x on one common axis; what is missing is undefined and is drawn through. */
export function align(list: Series[]): AlignedData {
  const xs = [...new Set(list.flatMap((s) => s.x))].sort((a, b) => a - b)
  const at = new Map(xs.map((x, i) => [x, i]))
  const columns = list.map((s) => {
    const out: (number | null | undefined)[] = Array.from({ length: xs.length })
    s.x.forEach((x, i) => (out[at.get(x)!] = s.y[i]))
    return out
  })
  return [xs, ...columns] as AlignedData
}

/** scatter gives every point a place of its own, since points may share an x. */
export function scatter(list: Series[]): AlignedData {
  const all = list.flatMap((s, of) => s.x.map((x, i) => ({ x, y: s.y[i], of }))).sort((a, b) => a.x - b.x)
  return [all.map((p) => p.x), ...list.map((_, of) => all.map((p) => (p.of === of ? p.y : null)))] as AlignedData
}

/** smooth is an exponential mean; weight 0 leaves the values as they are, 0.9 is very smooth. */
export function smooth(y: (number | null)[], weight: number): (number | null)[] {
  if (weight <= 0) return y
  let mean = 0
  let mass = 0
  return y.map((v) => {
    if (v === null || !Number.isFinite(v)) return v
    mean = mean * weight + v * (1 - weight)
    mass = mass * weight + (1 - weight)
    return mean / mass // without this the curve would start near zero
  })
}
