/** Location is a place in the program: a path and a query. */
export interface Location {
  path: string
  parts: string[]
  query: URLSearchParams
}

/** parse reads a location out of an address's hash. A damaged one leads home. */
export function parse(hash: string): Location {
  const [raw = '', search = ''] = hash.replace(/^#/, '').split(/\?(.*)/s)
  const parts = decoded(raw)
  return { path: '/' + parts.map(encodeURIComponent).join('/'), parts, query: new URLSearchParams(search) }
}

function decoded(path: string): string[] {
  try {
    return path.split('/').filter(Boolean).map(decodeURIComponent)
  } catch {
    return []
  }
}

/** match compares parts with a pattern such as "runs/:id"; undefined where it does not fit. */
export function match(pattern: string, parts: string[]): Record<string, string> | undefined {
  const want = pattern.split('/').filter(Boolean)
  if (want.length !== parts.length) return undefined
  const found: Record<string, string> = {}
  for (const [i, name] of want.entries()) {
    const have = parts[i] ?? ''
    if (name.startsWith(':')) found[name.slice(1)] = have
    else if (name !== have) return undefined
  }
  return found
}

/** to builds a path for a link: to('runs', id). */
export const to = (...parts: (string | number)[]) => '#/' + parts.map((p) => encodeURIComponent(String(p))).join('/')
