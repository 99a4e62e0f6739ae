/** Piece is a stretch of a log: text that begins at a byte offset. */
export interface Piece {
  offset: number
  text: string
  next?: number // where the following piece begins, where the server says so
}

const size = (text: string) => new TextEncoder().encode(text).length

/**
 * Tail puts pieces of a log together in order. A piece that overlaps what is there is
 * cut; one that leaves a gap is refused, and the reader asks for what is missing.
 */
export class Tail {
  start: number
  end: number
  lines: string[] = []
  #rest = ''

  constructor(start = 0) {
    this.start = this.end = start
  }

  /** add appends a piece; false where something before it is missing. */
  add(piece: Piece): boolean {
    // A replaced byte is longer than what it stands for, so what follows seems to begin too early.
    if (this.#replaced && piece.offset > this.#last && piece.offset < this.end) this.end = piece.offset
    const bytes = size(piece.text)
    if (piece.offset > this.end) return false
    if (piece.offset + bytes <= this.end) return true
    const text = piece.offset === this.end ? piece.text : dropBytes(piece.text, this.end - piece.offset)
    this.end = piece.next ?? piece.offset + bytes
    this.#last = piece.offset
    this.#replaced = piece.next === undefined && piece.text.includes('\uFFFD')
    const parts = (this.#rest + text).split('\n')
    this.#rest = parts.pop() ?? ''
    this.lines = this.#rest ? [...this.lines.slice(0, this.#whole), ...parts, this.#rest] : [...this.lines.slice(0, this.#whole), ...parts]
    this.#whole = this.lines.length - (this.#rest ? 1 : 0)
    return true
  }

  #last = -1
  #replaced = false
  #whole = 0 // lines that are complete
}

function dropBytes(text: string, n: number): string {
  return new TextDecoder().decode(new TextEncoder().encode(text).slice(n))
}

/** plainLine leaves out colour codes, and keeps of a line that was overwritten what is seen last. */
export function plainLine(line: string): string {
  // eslint-disable-next-line no-control-regex
  const text = line.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '').replace(/\r$/, '')
  return text.slice(text.lastIndexOf('\r') + 1)
}
