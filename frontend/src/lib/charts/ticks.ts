/** ticks writes times for an axis: the clock within a day, the day beyond one. */
export function ticks(times: number[], locale: string): string[] {
  if (!times.length) return []
  const span = times[times.length - 1]! - times[0]!
  const clock: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }
  if (span < 300_000) clock.second = '2-digit'
  const days = span > 86_400_000
  const format = new Intl.DateTimeFormat(locale, days ? { month: 'short', day: 'numeric' } : clock)
  return times.map((t) => format.format(t))
}
