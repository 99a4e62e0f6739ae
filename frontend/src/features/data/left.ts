import { t } from '$lib/i18n/index.svelte'
import { toast } from '$lib/ui/toast.svelte'

/** sayLeft tells of files that a checkout left as they were, since .rondoignore leaves them out. */
export function sayLeft(names: string[] | undefined) {
  if (names?.length) toast(t('data.left_ignored', { names: names.slice(0, 5).join(', ') + (names.length > 5 ? ' …' : '') }))
}
