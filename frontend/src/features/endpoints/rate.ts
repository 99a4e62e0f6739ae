/** Count is a counter read at a moment. */
export interface Count {
  at: number
  total: number
}

/** rates turns readings of a counter into what happened per second between them; a counter that fell began anew. */
export function rates(readings: Count[]): { x: number[]; y: number[] } {
  const x: number[] = []
  const y: number[] = []
  for (let i = 1; i < readings.length; i++) {
    const a = readings[i - 1]!
    const b = readings[i]!
    const seconds = (b.at - a.at) / 1000
    if (seconds <= 0) continue
    x.push(b.at)
    y.push(Math.max(0, b.total - a.total) / seconds)
  }
  return { x, y }
}
