/** words splits a command line as a shell does: spaces, quotes and backslashes; undefined where a quote is not closed. */
export function words(line: string): string[] | undefined {
  const out: string[] = []
  let word = ''
  let open = ''
  let begun = false
  for (let i = 0; i < line.length; i++) {
    const ch = line[i]!
    if (open === "'" ? ch === "'" : open === '"' && ch === '"') open = ''
    else if (open === "'") word += ch
    else if (ch === '\\' && i + 1 < line.length) word += line[++i]
    else if (open) word += ch
    else if (ch === "'" || ch === '"') {
      open = ch
      begun = true
      continue
    } else if (/\s/.test(ch)) {
      if (begun) out.push(word)
      word = ''
      begun = false
      continue
    } else word += ch
    begun = true
  }
  if (open) return undefined
  return begun ? [...out, word] : out
}
