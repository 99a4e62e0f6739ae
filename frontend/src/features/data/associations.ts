/** shade says how much colour a coefficient gets: none at 0 or where it is not defined, most at 1 and −1, and never so much that the number cannot be read. */
export function shade(v: number | null | undefined): string {
  return v == null || Number.isNaN(v) ? '0%' : `${Math.round(Math.min(1, Math.abs(v)) * 42)}%`
}
