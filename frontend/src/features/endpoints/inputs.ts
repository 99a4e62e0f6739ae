import type { Column } from '$lib/api/types'

/** kindOf says how a column of a signature is asked for. */
export function kindOf(c: Column): 'number' | 'whole' | 'flag' | 'text' {
  const type = c.type.toLowerCase()
  if (/^bool/.test(type)) return 'flag'
  if (/^(u?int|long|integer|short|byte)/.test(type)) return 'whole'
  if (/^(fp|float|double|number|decimal)/.test(type)) return 'number'
  return 'text'
}

/** first is what stands in a field before anything was typed. */
export function first(c: Column, example: Record<string, unknown> | undefined): string {
  const v = example?.[c.name]
  if (v !== undefined && v !== null) return typeof v === 'object' ? JSON.stringify(v) : String(v)
  return { number: '0', whole: '0', flag: 'false', text: '' }[kindOf(c)]
}

/** places says how many decimals a column of captures needs, at most three. */
export function places(rows: { inputs: Record<string, unknown> }[], columns: string[]): Record<string, number> {
  const of = (v: unknown) => (typeof v === 'number' && !Number.isInteger(v) ? Math.min(3, String(v).split('.')[1]?.length ?? 0) : 0)
  return Object.fromEntries(columns.map((k) => [k, Math.max(0, ...rows.map((r) => of(r.inputs[k])))]))
}

/** row reads the fields back into a row; an empty field of an optional column is left out. */
export function row(columns: Column[], typed: Record<string, string>): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const c of columns) {
    const text = (typed[c.name] ?? '').trim()
    if (text === '' && (c.required === false || kindOf(c) !== 'text')) continue
    out[c.name] = value(c, text)
  }
  return out
}

function value(c: Column, text: string): unknown {
  if (text.startsWith('[')) {
    try {
      return JSON.parse(text)
    } catch {
      return text
    }
  }
  switch (kindOf(c)) {
    case 'flag':
      return text === 'true'
    case 'number':
    case 'whole':
      return Number.isFinite(Number(text)) ? Number(text) : text // the server says what is wrong with it, and names the column
    default:
      return text
  }
}
