import type { Verdict } from '../api/types'
import { fixed, pValue } from '../format'
import { known, locale, maybe } from './index.svelte'
import { said } from './said'

const symbols: Record<string, string> = { ks: 'D', chi2: 'V', psi: 'PSI', js: 'JS', wasserstein: 'W' }

/** verdict says what a monitor found, in the person's language where the code is known. */
export function verdict(v: Verdict | undefined): string {
  if (!v) return ''
  const key = `verdict.${v.code.replace('.', '_')}`
  if (locale() === 'en') return v.text
  if (!known(key)) return said(v.text)
  return maybe(key, v.text, shown(v.values ?? {}))
}

// Numbers become text as a person writes them; names stay.
function shown(values: Record<string, unknown>): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(values)) {
    if (key === 'p' && typeof value === 'number') out[key] = pValue(value)
    else if (key === 'measure') out[key] = symbols[String(value)] ?? value
    else if (typeof value === 'number') out[key] = key === 'effect' ? fixed(value, 2) : String(Number(value.toFixed(3)))
    else if (key === 'direction') out[key] = maybe(`verdict.direction_${String(value)}`, '')
    else out[key] = value
  }
  return out
}
