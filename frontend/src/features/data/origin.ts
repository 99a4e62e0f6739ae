import type { Snapshot, Stage } from '$lib/api/types'
import { t } from '$lib/i18n/index.svelte'

/** originOf says in a few words where a snapshot's content was imported from. */
export const originOf = (o: NonNullable<Snapshot['origin']>): string => o.url ?? t('data.origin_project', { ref: `${o.dataset}@${o.number}`, folder: o.folder ?? '' })

/** makerOf is the stage that makes a path, or the folder that it lies in. */
export const makerOf = (path: string, stages: Stage[]) =>
  stages.find((s) => [...s.outs, ...s.metrics, ...s.plots].some((out) => out === path || path.startsWith(`${out}/`)))
