/** Line is one line of two texts put beside each other. */
export interface Line {
  kind: 'same' | 'add' | 'del'
  text: string
}

const most = 2000 // lines of each text; beyond them the table of the comparison would not fit

/** compareLines says how a text became another, line by line, by their longest common subsequence. */
export function compareLines(before: string, after: string): Line[] {
  const a = before.split('\n').slice(0, most)
  const b = after.split('\n').slice(0, most)
  const wide = b.length + 1
  const common = new Uint16Array((a.length + 1) * wide)
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--) common[i * wide + j] = a[i] === b[j] ? common[(i + 1) * wide + j + 1]! + 1 : Math.max(common[(i + 1) * wide + j]!, common[i * wide + j + 1]!)
  const out: Line[] = []
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      out.push({ kind: 'same', text: a[i]! })
      i++
      j++
    } else if (j >= b.length || (i < a.length && common[(i + 1) * wide + j]! >= common[i * wide + j + 1]!)) out.push({ kind: 'del', text: a[i++]! })
    else out.push({ kind: 'add', text: b[j++]! })
  }
  return out
}
