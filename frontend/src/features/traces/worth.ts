import type { Assessment } from '$lib/api/types'
import { figure } from '$lib/format'
import { t } from '$lib/i18n/index.svelte'
import { opened } from './ask'

/** worth writes the value of a judgement: yes and no, a number, or what was said. */
export function worth(a: Assessment): string {
  let v = a.value
  if (v && typeof v === 'object' && 'serialized_value' in v) v = opened(String((v as { serialized_value: unknown }).serialized_value))
  if (v === null || v === undefined) return t('traces.no_value')
  if (typeof v === 'boolean') return v ? t('traces.yes') : t('traces.no')
  if (typeof v === 'number') return figure(v)
  return typeof v === 'string' ? v : JSON.stringify(v)
}
