import { largest, type ApiError } from '../api/client'
import { bytes } from '../format'
import { t } from '../i18n/index.svelte'

/** inWords says a failure in the person's language where it was found in this page; the server's own words stay. */
export function inWords(error: ApiError): { message: string; hint?: string } {
  if (error.kind === 'unreachable') return { message: t('ui.unreachable'), hint: t('ui.unreachable_hint') }
  if (error.kind === 'oversize') return { message: t('ui.too_large', { size: bytes(Number(error.message)), limit: bytes(largest) }), hint: t('ui.too_large_hint') }
  return { message: error.message, hint: error.hint }
}
