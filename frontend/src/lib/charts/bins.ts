/** Bar is one bar of a histogram in a box of width by height. */
export interface Bar {
  x: number
  y: number
  w: number
  h: number
}

/** bars lays counts out side by side, the highest one as tall as the box. */
export function bars(counts: number[], width: number, height: number, gap = 1, most = Math.max(...counts, 1e-12)): Bar[] {
  const step = width / Math.max(counts.length, 1)
  return counts.map((n, i) => {
    const h = n > 0 ? Math.max(1, (n / most) * height) : 0
    return { x: i * step, y: height - h, w: Math.max(0.5, step - gap), h }
  })
}

/** shares turns counts into parts of their sum, so that sides of different size compare. */
export function shares(counts: number[]): number[] {
  const sum = counts.reduce((a, b) => a + b, 0)
  return sum ? counts.map((n) => n / sum) : counts.map(() => 0)
}

/** outline is the path of a stepped line over the tops of bars. */
export function outline(values: number[], width: number, height: number, most: number): string {
  const step = width / Math.max(values.length, 1)
  const y = (v: number) => round(height - (most ? v / most : 0) * height)
  return values.map((v, i) => `${i ? 'L' : 'M'}${round(i * step)} ${y(v)}H${round((i + 1) * step)}`).join('')
}

const round = (x: number) => Math.round(x * 100) / 100
