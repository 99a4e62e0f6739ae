/** Scale maps values onto 0…100 per cent of a width, with room at both ends and zero in sight. */
export interface Scale {
  lo: number
  hi: number
  at: (v: number) => number
}

/** scaleOf makes one scale for all the given values, so that intervals can be compared by eye. */
export function scaleOf(values: number[], include = [0]): Scale {
  const all = [...values, ...include].filter(Number.isFinite)
  let lo = Math.min(...all)
  let hi = Math.max(...all)
  if (!all.length || lo === hi) {
    lo = (all.length ? lo : 0) - 1
    hi = lo + 2
  }
  const pad = (hi - lo) * 0.12
  lo -= pad
  hi += pad
  return { lo, hi, at: (v) => Math.max(0, Math.min(100, ((v - lo) / (hi - lo)) * 100)) }
}
