import { del, fill, get, patch, post } from '$lib/api/client'
import type { Artifact, Code, MetricPoint, Sample } from '$lib/api/types'

/** What these pages ask the server about runs, in one place. */
export interface Wanted {
  experiment?: string
  filter?: string
  order_by?: string
  limit: number
  page?: string
}

export const listRuns = (want: Wanted, signal?: AbortSignal) => get('/runs', { ...want }, signal)
export const getRun = (id: string, signal?: AbortSignal) => get('/runs/{id}', { id }, signal)
export const experiments = (signal?: AbortSignal) => get('/experiments', {}, signal)
export const launch = (command: string[], name: string, experiment: string) => post('/runs', {}, { command, name, experiment })
export const stop = (id: string) => post('/runs/{id}/stop', { id })
export const remove = (id: string) => del('/runs/{id}', { id })
export const restore = (id: string) => post('/runs/{id}/restore', { id })
export const rename = (id: string, name: string) => patch('/runs/{id}', { id }, { name })
export const tag = (id: string, key: string, value: string) => patch('/runs/{id}', { id }, { tags: { [key]: value } })

/** series reads the sampled history of metrics. */
export async function series(id: string, keys: string[], points: number, signal?: AbortSignal): Promise<Record<string, MetricPoint[]>> {
  return keys.length ? (await get('/runs/{id}/metrics', { id, keys, points }, signal)).metrics : {}
}

export const system = (id: string, signal?: AbortSignal): Promise<Sample[]> => get('/runs/{id}/system', { id }, signal)
export const log = (id: string, stream: string, offset: number, limit: number, signal?: AbortSignal) => get('/runs/{id}/log', { id, stream, offset, limit }, signal)
export const artifacts = (id: string, path: string, signal?: AbortSignal): Promise<Artifact[]> => get('/runs/{id}/artifacts', { id, path }, signal)
export const artifactURL = (id: string, path: string, inline = false) => fill('/runs/{id}/artifacts/file', { id, path, inline: inline ? 1 : undefined })

/** compare sets two or more runs side by side, trait by trait. */
export const compare = (ids: string[], signal?: AbortSignal) => get('/runs/compare', { ids }, signal)

/** code reads what a run ran. */
export async function code(id: string, signal?: AbortSignal): Promise<Code> {
  const out = await get('/runs/{id}/code', { id }, signal)
  return { ...out.git, diff: out.diff || out.git.diff, argv: out.argv }
}
export const environment = (id: string, signal?: AbortSignal) => get('/runs/{id}/environment', { id }, signal)
