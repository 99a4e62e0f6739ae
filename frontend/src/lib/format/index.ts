export * from './number'
export * from './time'

/** short id of a run, digest or commit: enough to recognise it. */
export const brief = (id: string | undefined, n = 8) => (id ?? '').replace(/^sha256:/, '').slice(0, n)

/** plain writes any value of a row as text. */
export function plain(v: unknown): string {
  if (v === null || v === undefined) return '–'
  if (typeof v === 'number') return String(Math.round(v * 1e6) / 1e6)
  if (typeof v === 'object') return JSON.stringify(v)
  return String(v)
}
