import type { Float } from '../api/types'

// To make one of these takes longer than to use it, and tables use them for each cell.
const whole = new Intl.NumberFormat('en')
const formats: Intl.NumberFormat[] = []
const withPlaces = (places: number) => (formats[places] ??= new Intl.NumberFormat('en', { maximumFractionDigits: places }))

/** real turns a number that travelled as text back into one. */
export function real(x: Float | null | undefined): number {
  if (typeof x === 'number') return x
  if (x === 'Infinity') return Infinity
  if (x === '-Infinity') return -Infinity
  return NaN
}

/** figure writes a number with the digits that say something: 0.8012, 1,234, 3.2e-7. */
export function figure(x: Float | null | undefined, digits = 4): string {
  const v = real(x)
  if (x === null || x === undefined) return '–'
  if (Number.isNaN(v)) return 'NaN'
  if (!Number.isFinite(v)) return v > 0 ? '∞' : '−∞'
  if (v === 0) return '0'
  const size = Math.abs(v)
  if (size >= 1e9 || size < 1e-4) return minus(v.toExponential(2))
  if (Number.isInteger(v)) return count(v)
  const places = Math.max(0, Math.min(digits, digits - Math.floor(Math.log10(size)) - 1))
  return minus(withPlaces(places).format(v))
}

/** fixed writes a number with a set number of places, so that a column lines up. */
export function fixed(x: number | null | undefined, places = 3): string {
  if (x === null || x === undefined || Number.isNaN(x)) return '–'
  return minus(x.toFixed(places))
}

/** level writes a number for a column of such: those of a usual size have the same places, and line up. */
export function level(x: Float | null | undefined): string {
  const size = Math.abs(real(x))
  return !Number.isInteger(size) && size >= 1e-3 && size < 100 ? fixed(real(x), 4) : figure(x)
}

/** signed writes a difference with its sign. */
export const signed = (x: number, places = 3) => (x > 0 ? '+' : '') + fixed(x, places)

/** count writes a whole number with its thousands apart. */
export function count(n: number | null | undefined): string {
  if (n === null || n === undefined || Number.isNaN(n)) return '–'
  return minus(whole.format(n))
}

/** percent writes a share: 0.8012 → 80.1 %. */
export function percent(share: number | null | undefined, places = 1): string {
  if (share === null || share === undefined || Number.isNaN(share)) return '–'
  return `${minus((share * 100).toFixed(places))} %`
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

/** bytes writes a size in powers of 1024, as the server and the command line do. */
export function bytes(n: number | null | undefined): string {
  if (n === null || n === undefined || Number.isNaN(n)) return '–'
  let unit = 0
  let v = n
  while (Math.abs(v) >= 1024 && unit < units.length - 1) {
    v /= 1024
    unit++
  }
  return `${unit === 0 ? v : v.toFixed(v < 10 ? 1 : 0)} ${units[unit]}`
}

/** pValue writes a probability of chance: never a false zero. */
export function pValue(p: number): string {
  if (Number.isNaN(p)) return '–'
  if (p < 0.001) return '< 0.001'
  return p.toFixed(3)
}

/** micros writes a duration that came in microseconds. */
export function micros(us: number): string {
  if (us < 1000) return `${Math.round(us)} µs`
  if (us < 1e6) return `${(us / 1000).toFixed(us < 10_000 ? 1 : 0)} ms`
  return `${(us / 1e6).toFixed(1)} s`
}

const minus = (s: string) => s.replace(/^-/, /[1-9]/.test(s) ? '−' : '')
