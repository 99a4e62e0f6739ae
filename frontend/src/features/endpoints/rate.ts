import type { TrafficPoint } from '$lib/api/types'

/** Rates are what happened per second, over the stretches that the server counts in. */
export interface Rates {
  x: number[]
  requests: number[]
  errors: number[]
}

/** rates turns counts per stretch into counts per second; the last stretch has not ended and is left out. */
export function rates(points: TrafficPoint[]): Rates {
  const out: Rates = { x: [], requests: [], errors: [] }
  for (let i = 0; i + 1 < points.length; i++) {
    const at = Date.parse(points[i]!.at)
    const seconds = (Date.parse(points[i + 1]!.at) - at) / 1000
    if (!(seconds > 0)) continue
    out.x.push(at)
    out.requests.push(points[i]!.requests / seconds)
    out.errors.push(points[i]!.errors / seconds)
  }
  return out
}

/** some keeps about n labels of an axis, evenly, so that they do not run into each other. */
export const some = <T>(labels: T[], n: number): (T | undefined)[] => {
  const step = Math.max(1, Math.ceil(labels.length / n))
  return labels.map((l, i) => (i % step === 0 ? l : undefined))
}
