import { get, type Path, type Values } from '$lib/api/client'
import type { Model } from '$lib/api/types'
import { newest } from '../models/evidence'
import { models as withoutPrompts } from '../prompts/prompt'
import type { World } from './derive'

/** world asks every noun how it is. One that fails leaves its stage empty instead of the whole page. */
export async function world(signal: AbortSignal): Promise<World> {
  const read = <P extends Path<'GET'>>(path: P, values: Values<'GET', P>) => get(path, values, signal).catch(() => undefined)
  const [datasets, queue, page, registered, endpoints, monitors, alerts, decisions, pipeline] = await Promise.all([
    get('/datasets', {}, signal), // this one may fail aloud: then nothing answers
    read('/queue', {}),
    read('/runs', { limit: 6, order_by: 'attributes.start_time DESC' }),
    read('/models', {}),
    read('/endpoints', {}),
    read('/monitors', {}),
    read('/alerts', { status: 'active' }),
    read('/decisions', {}),
    read('/pipeline', {}),
  ])
  const models = registered && withoutPrompts(registered)
  return { datasets, queue, last: page?.runs[0], lately: page?.runs, runs: page?.total, models, endpoints, monitors, alerts, decisions, pipeline, ...(await judged(models, signal)) }
}

async function judged(models: Model[] | undefined, signal: AbortSignal) {
  const model = models?.find((m) => m.latest > 0)
  if (!model) return {}
  const at = { name: model.name, number: model.aliases.champion ?? model.latest }
  const [champion, evidence] = await Promise.all([
    get('/models/{name}/versions/{number}', at, signal).catch(() => undefined),
    get('/models/{name}/versions/{number}/evidence', at, signal).catch(() => undefined),
  ])
  return { champion, evidence: newest(evidence) }
}
