/** pairs reads key=value lines; empty lines and comments are left out. */
export function pairs(text: string): Record<string, string> {
  const out: Record<string, string> = {}
  for (const line of lines(text)) {
    const at = line.indexOf('=')
    if (at > 0) out[line.slice(0, at).trim()] = line.slice(at + 1).trim()
  }
  return out
}

/** slip is the first line that is no key=value; undefined where all are. */
export const slip = (text: string): string | undefined => lines(text).find((l) => l.indexOf('=') < 1)

const lines = (text: string) => text.split('\n').map((l) => l.trim()).filter((l) => l && !l.startsWith('#'))
