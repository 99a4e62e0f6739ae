import type { Component } from 'svelte'
import { match } from '$lib/route'

type Loader = () => Promise<{ default: Component<Record<string, string>> }>

const page = (load: () => Promise<unknown>) => load as Loader

/** The whole surface of the program, one line per screen. A screen is fetched when it is first opened. */
const routes: [string, Loader][] = [
  ['', page(() => import('../features/loop/Home.svelte'))],
  ['data', page(() => import('../features/data/Datasets.svelte'))],
  ['data/:name', page(() => import('../features/data/Dataset.svelte'))],
  ['data/:name/:number', page(() => import('../features/data/Snapshot.svelte'))],
  ['dvc/:path', page(() => import('../features/data/TrackedItem.svelte'))],
  ['pipeline', page(() => import('../features/pipeline/Pipeline.svelte'))],
  ['pipeline/:id', page(() => import('../features/pipeline/Execution.svelte'))],
  ['runs', page(() => import('../features/runs/Runs.svelte'))],
  ['runs/:id', page(() => import('../features/runs/Run.svelte'))],
  ['compare', page(() => import('../features/runs/Compare.svelte'))],
  ['traces', page(() => import('../features/traces/Traces.svelte'))],
  ['traces/:id', page(() => import('../features/traces/Trace.svelte'))],
  ['prompts/:name', page(() => import('../features/prompts/Prompt.svelte'))],
  ['models', page(() => import('../features/models/Models.svelte'))],
  ['models/:name', page(() => import('../features/models/Model.svelte'))],
  ['models/:name/:version', page(() => import('../features/models/Version.svelte'))],
  ['endpoints', page(() => import('../features/endpoints/Endpoints.svelte'))],
  ['endpoints/:name', page(() => import('../features/endpoints/Endpoint.svelte'))],
  ['monitors', page(() => import('../features/monitors/Monitors.svelte'))],
  ['monitors/:name', page(() => import('../features/monitors/Monitor.svelte'))],
  ['monitors/:name/:window', page(() => import('../features/monitors/Window.svelte'))],
  ['decisions', page(() => import('../features/decisions/Decisions.svelte'))],
  ['decisions/:id', page(() => import('../features/decisions/Decision.svelte'))],
  ['host', page(() => import('../features/host/Host.svelte'))],
  ['settings', page(() => import('../features/settings/Settings.svelte'))],
]

export interface Found {
  key: string
  params: Record<string, string>
  load: Loader
}

/** find returns the screen of an address. */
export function find(parts: string[]): Found | undefined {
  for (const [pattern, load] of routes) {
    const params = match(pattern, parts)
    if (params) return { key: parts.join('/'), params, load }
  }
  return undefined
}
