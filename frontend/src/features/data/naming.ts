/** Where is the place that new data comes from. */
export type Where = 'here' | 'web' | 'project'

const base = (path: string) => (path.split('/').pop() ?? '').replace(/\.[^.]*$/, '')

/** nameFrom is the name that a dataset gets where none is typed, as the server makes it. */
export function nameFrom(where: Where, typed: { path: string; address: string; snapshot: string }): string {
  if (where === 'project') return typed.snapshot.split('@')[0]!.trim()
  if (typed.path.trim()) return base(typed.path.trim())
  if (where === 'here') return ''
  return base(typed.address.trim().replace(/^[a-z]+:\/\/[^/]*/i, '').replace(/[?#].*$/, ''))
}
