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

const beside = 480 // pixels beside what is seen

/** Part is what is drawn of columns: those that are seen, and the room of those before and after them. */
export interface Part {
  drawn: Column[]
  before: number
  after: number
  width: number // of all columns
}

/** partOf is what is drawn of columns when what is seen begins at a place and has some room. */
export function partOf(all: Column[], from: number, room: number): Part {
  const drawn = all.filter((c) => c.left + c.width > from - beside && c.left < from + room + beside)
  const end = (c: Column | undefined) => (c ? c.left + c.width : 0)
  const width = end(all.at(-1))
  return { drawn, before: drawn[0]?.left ?? 0, after: width - end(drawn.at(-1)), width }
}

const step = 240 // pixels

/** stepped is a place that changes once in a while as a box is scrolled, so that not each pixel draws columns anew. */
export const stepped = (at: number) => Math.floor(at / step) * step

/** numeric says that all of some values are numbers, as far as they say anything: their column is then read from the right. */
export function numeric(values: (string | undefined)[]): boolean {
  const said = values.filter(Boolean)
  return said.length > 0 && said.every((v) => Number.isFinite(Number(v)))
}
