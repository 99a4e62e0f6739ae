/** once makes something for a language when it is first wanted: formats take long to make, and tables use them for each cell. */
function once<T>(make: (locale: string) => T): (locale: string) => T {
  const made = new Map<string, T>()
  return (locale) => {
    const found = made.get(locale) ?? make(locale)
    made.set(locale, found)
    return found
  }
}

const relative = once((locale) => new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' }))
const full = once((locale) => new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' }))
const minutes = once((locale) => new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }))
const seconds = once((locale) => new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }))

/** parseTime reads a time of the API; undefined where there is none. */
export function parseTime(s: string | number | null | undefined): Date | undefined {
  if (!s) return undefined
  const d = new Date(s)
  return Number.isNaN(d.getTime()) || d.getFullYear() < 1971 ? undefined : d
}

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
]

/** ago writes a time relative to now: "3 min. ago". */
export function ago(s: string | number | null | undefined, locale: string, now = Date.now()): string {
  const d = parseTime(s)
  if (!d) return '–'
  const apart = Math.round((d.getTime() - now) / 1000)
  const away = apart > 0 && apart <= 11 ? 0 : apart // the page's clock is right to ten seconds
  const [unit, size] = steps.find(([, n]) => Math.abs(away) >= n) ?? ['second', 1]
  return relative(locale).format(Math.trunc(away / size), unit)
}

/** moment writes a time in full, in the person's own zone. */
export function moment(s: string | number | null | undefined, locale: string): string {
  const d = parseTime(s)
  return d ? full(locale).format(d) : '–'
}

/** short writes a time for a table: day and minutes. */
export function short(s: string | number | null | undefined, locale: string): string {
  const d = parseTime(s)
  return d ? minutes(locale).format(d) : '–'
}

/** clock writes a time to the second, for rows that follow closely. */
export function clock(s: string | number | null | undefined, locale: string): string {
  const d = parseTime(s)
  return d ? seconds(locale).format(d) : '–'
}

/** duration writes how long something took: 430 ms, 12.4 s, 3 min 20 s, 2 h 05 min. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || Number.isNaN(ms) || ms < 0) return '–'
  if (ms < 1000) return `${Math.round(ms)} ms`
  const s = ms / 1000
  if (s < 60) return `${s.toFixed(1)} s`
  const m = Math.floor(s / 60)
  if (m < 60) return `${m} min ${String(Math.floor(s % 60)).padStart(2, '0')} s`
  return `${Math.floor(m / 60)} h ${String(m % 60).padStart(2, '0')} min`
}

/** span is the time between two moments, until now where the second is missing. */
export function span(from?: string, until?: string, now = Date.now()): number | undefined {
  const a = parseTime(from)
  if (!a) return undefined
  return (parseTime(until)?.getTime() ?? now) - a.getTime()
}
