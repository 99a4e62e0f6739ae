export * from './number'
export * from './time'

/** brief is the short form of an id, digest or commit, as long as the command line's: the times in the ids of what is made in the same minute differ from the ninth digit on. */
export const brief = (id: string | undefined, n = 12) => (id ?? '').replace(/^sha256:/, '').slice(0, n)

/** middle leaves out the middle of a long name: what tells the names of a matrix apart stands at their end. */
export const middle = (name: string, most: number) => (name.length <= most ? name : `${name.slice(0, Math.floor(most / 3))}…${name.slice(Math.floor(most / 3) + 1 - most)}`)

const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/

/** refTo writes which snapshot of a dataset is meant; a name that runs from right to left is kept apart from the number. */
export const refTo = (name: string | undefined, number: number | string | undefined) => `${rightToLeft.test(name ?? '') ? `\u2068${name}\u2069` : (name ?? '')}@${number}`

const names = new Intl.Collator('en', { numeric: true })

/** byName orders names as a person counts: layer2 before layer10. */
export const byName = (a: string, b: string) => names.compare(a, b) || (a < b ? -1 : 1)

/** plain writes any value of a row as text. */
export function plain(v: unknown): string {
  if (v === null || v === undefined) return '–'
  if (typeof v === 'number') return String(Math.round(v * 1e6) / 1e6)
  if (typeof v === 'object') return JSON.stringify(v)
  return String(v)
}
