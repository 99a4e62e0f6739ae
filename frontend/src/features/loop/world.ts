import { get, seg } from '$lib/api/client'
import type { Evidence, Model, RunPage, Version } from '$lib/api/types'
import { newest } from '../models/evidence'
import type { World } from './derive'

/** world asks every noun how it is. One that fails leaves its stage empty instead of the whole page. */
export async function world(signal: AbortSignal): Promise<World> {
  const read = <T>(path: string, query = {}) => get<T>(path, query, signal).catch(() => undefined)
  const [datasets, queue, page, models, endpoints, monitors, alerts, decisions, pipeline] = await Promise.all([
    get<World['datasets']>('/datasets', {}, signal), // this one may fail aloud: then nothing answers
    read<World['queue']>('/queue'),
    read<RunPage>('/runs', { limit: 1, order_by: 'attributes.start_time DESC' }),
    read<Model[]>('/models'),
    read<World['endpoints']>('/endpoints'),
    read<World['monitors']>('/monitors'),
    read<World['alerts']>('/alerts', { status: 'active' }),
    read<World['decisions']>('/decisions'),
    read<World['pipeline']>('/pipeline'),
  ])
  return { datasets, queue, last: page?.runs[0], runs: page?.total, models, endpoints, monitors, alerts, decisions, pipeline, ...(await judged(models, read)) }
}

type Read = <T>(path: string) => Promise<T | undefined>

async function judged(models: Model[] | undefined, read: Read) {
  const model = models?.find((m) => m.latest > 0)
  if (!model) return {}
  const path = `/models/${seg(model.name)}/versions/${model.aliases.champion ?? model.latest}`
  const [champion, evidence] = await Promise.all([read<Version>(path), read<Evidence[]>(`${path}/evidence`)])
  return { champion, evidence: newest(evidence) }
}
