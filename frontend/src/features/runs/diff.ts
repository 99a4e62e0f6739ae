export interface DiffLine {
  kind: 'file' | 'meta' | 'hunk' | 'added' | 'removed' | 'same'
  text: string
  before?: number
  after?: number
}

/** parseDiff numbers the lines of a unified diff. What it does not know stays as it is. */
export function parseDiff(text: string): DiffLine[] {
  const out: DiffLine[] = []
  let before = 0
  let after = 0
  let inside = false
  for (const line of text.replace(/\n$/, '').split('\n')) {
    const hunk = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/.exec(line)
    if (line.startsWith('diff ')) {
      inside = false
      out.push({ kind: 'file', text: line })
    } else if (hunk) {
      inside = true
      before = Number(hunk[1])
      after = Number(hunk[2])
      out.push({ kind: 'hunk', text: line })
    } else if (!inside) out.push({ kind: 'meta', text: line })
    else if (line.startsWith('+')) out.push({ kind: 'added', text: line, after: after++ })
    else if (line.startsWith('-')) out.push({ kind: 'removed', text: line, before: before++ })
    else if (line.startsWith('\\')) out.push({ kind: 'meta', text: line })
    else out.push({ kind: 'same', text: line, before: before++, after: after++ })
  }
  return out
}
