import { get } from '$lib/api/client'
import { events } from '$lib/api/events.svelte'
import type { Snapshot } from '$lib/api/types'

// Other nouns know a snapshot by its id; a person knows it by its name and number.
let known = $state.raw(new Map<string, Snapshot>())
let asked: Promise<void> | undefined

async function load() {
  const datasets = await get('/datasets', {})
  const lists = await Promise.all(datasets.map((d) => get('/datasets/{name}/snapshots', { name: d.name })))
  known = new Map(lists.flat().map((s) => [s.id, s]))
}

/** snapshotOf returns the snapshot of an id, as soon as it is known. */
export function snapshotOf(id: string): Snapshot | undefined {
  asked ??= load().catch(() => (asked = undefined))
  return known.get(id)
}

events.on((e) => {
  if (e.kind === 'snapshot.create') asked = undefined
})
