import { address, get, patch, post, seg } from '$lib/api/client'
import type { Artifact, Code, RunComparison as Comparison, Environment, Experiment, LogPart, MetricPoint, Run, RunPage, Sample } from '$lib/api/types'

/** What this page asks the server about runs, in one place. */
const at = (id: string) => `/runs/${seg(id)}`

export interface Wanted {
  experiment?: string
  filter?: string
  order_by?: string
  limit: number
  page?: string
}

export const listRuns = (want: Wanted, signal?: AbortSignal) => get<RunPage>('/runs', { ...want }, signal)
export const getRun = (id: string, signal?: AbortSignal) => get<Run>(at(id), {}, signal)
export const experiments = (signal?: AbortSignal) => get<Experiment[]>('/experiments', {}, signal)
export const launch = (command: string[], name: string, experiment: string) => post<Run>('/runs', { command, name, experiment })
export const stop = (id: string) => post<Run>(`${at(id)}/stop`)
export const restore = (id: string) => post<Run>(`${at(id)}/restore`)
export const rename = (id: string, name: string) => patch<Run>(at(id), { name })
export const tag = (id: string, key: string, value: string) => patch<Run>(at(id), { tags: { [key]: value } })

type Series = Record<string, MetricPoint[]>

/** series reads the sampled history of metrics. */
export async function series(id: string, keys: string[], points: number, signal?: AbortSignal): Promise<Series> {
  if (!keys.length) return {}
  const out = await get<{ metrics: Series } | Series>(`${at(id)}/metrics`, { keys, points }, signal)
  return isWrapped(out) ? out.metrics : out
}
const isWrapped = (x: object): x is { metrics: Series } => 'metrics' in x && !Array.isArray(x.metrics)

export async function system(id: string, signal?: AbortSignal): Promise<Sample[]> {
  const out = await get<Sample[] | { samples: Sample[] }>(`${at(id)}/system`, {}, signal)
  return Array.isArray(out) ? out : (out.samples ?? [])
}

export const log = (id: string, stream: string, offset: number, limit: number, signal?: AbortSignal) => get<LogPart>(`${at(id)}/log`, { stream, offset, limit }, signal)

export async function artifacts(id: string, path: string, signal?: AbortSignal): Promise<Artifact[]> {
  const out = await get<Artifact[] | { files: Artifact[] }>(`${at(id)}/artifacts`, { path }, signal)
  return Array.isArray(out) ? out : (out.files ?? [])
}
export const artifactURL = (id: string, path: string, inline = false) => address(`${at(id)}/artifacts/file`, { path, inline: inline ? 1 : undefined })

/** compare sets two or more runs side by side, trait by trait. */
export const compare = (ids: string[], signal?: AbortSignal) => get<Comparison>('/runs/compare', { ids }, signal)

/** code reads what a run ran. */
export async function code(id: string, signal?: AbortSignal): Promise<Code> {
  const out = await get<{ argv: string[]; cwd?: string; git: Code; diff: string }>(`${at(id)}/code`, {}, signal)
  return { ...out.git, diff: out.diff || out.git.diff, argv: out.argv }
}
export const environment = (id: string, signal?: AbortSignal) => get<Environment>(`${at(id)}/environment`, {}, signal)
