/** Column is a column of a table that is drawn in part: its place, where it begins and how wide it is, in pixels. */
export interface Column {
  at: number
  left: number
  width: number
}

const padding = 24 // of a cell, both sides

/** laid gives each column the room of its longest text, and all of them together at least the box. */
export function laid(letters: number[], letter: number, box: number): Column[] {
  const wanted = letters.map((n) => Math.ceil(n * letter) + padding)
  const stretch = Math.max(1, box / wanted.reduce((a, b) => a + b, 0))
  let left = 0
  return wanted.map((w, at) => {
    const width = Math.floor(w * stretch)
    left += width
    return { at, left: left - width, width }
  })
}

/** within are the columns that some of is between two places. */
export const within = (all: Column[], from: number, to: number) => all.filter((c) => c.left + c.width > from && c.left < to)

const step = 240 // pixels

/** stepped is a place that changes once in a while as a box is scrolled, so that not each pixel draws columns anew. */
export const stepped = (at: number) => Math.floor(at / step) * step
