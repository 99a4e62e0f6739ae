import type { Snapshot } from '$lib/api/types'
import { t } from '$lib/i18n/index.svelte'

/** originOf says in a few words where a snapshot's content was imported from. */
export const originOf = (o: NonNullable<Snapshot['origin']>): string => o.url ?? t('data.origin_project', { ref: `${o.dataset}@${o.number}`, folder: o.folder ?? '' })
