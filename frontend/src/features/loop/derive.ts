import type { Alert, Dataset, Decision, Endpoint, Evidence, Model, Monitor, Pipeline, QueueState, Run, Version } from '$lib/api/types'
import type { Tone } from '$lib/ui/state'
import { isWaiting } from '../decisions/decision'

/** World is what the nouns say about themselves; what could not be read is missing. */
export interface World {
  datasets?: Dataset[]
  queue?: QueueState
  last?: Run
  lately?: Run[]
  runs?: number
  models?: Model[]
  champion?: Version
  evidence?: Evidence
  endpoints?: Endpoint[]
  monitors?: Monitor[]
  alerts?: Alert[]
  decisions?: Decision[]
  pipeline?: Pipeline
}

export const stageIds = ['data', 'training', 'registry', 'evaluation', 'serving', 'monitoring', 'decision'] as const
export type StageId = (typeof stageIds)[number]

/** StageState is what the ring shows of one stage: facts only, words are put to them later. */
export interface StageState {
  id: StageId
  tone: Tone
  facts: Facts
}

export interface Facts {
  rows?: number
  snapshot?: string
  running?: number
  queued?: number
  runs?: number
  lastStatus?: string
  lastRun?: string
  model?: string
  version?: number
  alias?: string
  metric?: { name: string; value: number }
  passed?: boolean
  requests?: number
  p99?: number
  endpoint?: string
  endpointState?: string
  status?: string
  monitor?: string
  alerts?: number
  waiting?: number
  decision?: Decision
}

const headlines = ['accuracy', 'f1_macro', 'f1', 'roc_auc', 'rmse', 'mae']

/** headline is the metric that a version is spoken of by. */
export function headline(metrics: Record<string, number>): { name: string; value: number } | undefined {
  const name = headlines.find((k) => k in metrics) ?? Object.keys(metrics)[0]
  return name === undefined ? undefined : { name, value: metrics[name]! }
}

/** derive says how every stage of the loop is. */
export function derive(w: World): StageState[] {
  return [data(w), training(w), registry(w), evaluation(w), serving(w), monitoring(w), decision(w)]
}

function data(w: World): StageState {
  const latest = (w.datasets ?? []).map((d) => d.latest).filter((s) => s !== undefined)
  const newest = [...latest].sort((a, b) => b.created_at.localeCompare(a.created_at))[0]
  const rows = latest.reduce((n, s) => n + (s.rows ?? 0), 0)
  return { id: 'data', tone: newest ? 'ok' : 'idle', facts: newest ? { rows, snapshot: `${newest.dataset}@${newest.number}` } : {} }
}

function training(w: World): StageState {
  const running = w.queue?.running.length ?? 0
  const queued = w.queue?.waiting.length ?? 0
  const tone = running ? 'run' : w.last?.status === 'FAILED' ? 'bad' : w.last ? 'ok' : 'idle'
  return { id: 'training', tone, facts: { running, queued, runs: w.runs, lastStatus: w.last?.status, lastRun: w.last?.name } }
}

function registry(w: World): StageState {
  const model = w.models?.find((m) => m.latest > 0)
  if (!model) return { id: 'registry', tone: 'idle', facts: {} }
  const alias = 'champion' in model.aliases ? 'champion' : Object.keys(model.aliases)[0]
  return { id: 'registry', tone: alias ? 'ok' : 'warn', facts: { model: model.name, alias, version: alias ? model.aliases[alias] : model.latest } }
}

function evaluation(w: World): StageState {
  if (!w.champion) return { id: 'evaluation', tone: 'idle', facts: {} }
  const passed = w.evidence?.passed
  return { id: 'evaluation', tone: passed === false ? 'bad' : 'ok', facts: { model: w.champion.model, version: w.champion.version, metric: headline(w.champion.metrics), passed } }
}

const deploymentTone: Record<string, Tone> = { ready: 'ok', loading: 'run', failed: 'bad' }

function serving(w: World): StageState {
  const list = w.endpoints ?? []
  const worst = list.find((e) => e.deployment.state === 'failed') ?? list.find((e) => e.deployment.state === 'loading') ?? list[0]
  if (!worst) return { id: 'serving', tone: 'idle', facts: {} }
  const requests = list.reduce((n, e) => n + e.stats.requests, 0)
  return {
    id: 'serving',
    tone: deploymentTone[worst.deployment.state] ?? 'idle',
    facts: { requests, p99: Math.max(...list.map((e) => e.stats.p99_us)), endpoint: worst.name, endpointState: worst.deployment.state },
  }
}

function monitoring(w: World): StageState {
  const list = w.monitors ?? []
  const worst = list.find((m) => m.status === 'drift' || m.quality_now?.status === 'below') ?? list[0]
  const alerts = (w.alerts ?? []).filter((a) => a.status === 'open').length
  if (!worst) return { id: 'monitoring', tone: 'idle', facts: {} }
  const status = worst.quality_now?.status === 'below' ? 'below' : worst.status
  const tone = status === 'drift' || status === 'below' ? 'bad' : alerts ? 'warn' : status === 'quiet' ? 'ok' : 'idle'
  return { id: 'monitoring', tone, facts: { status, monitor: worst.name, alerts } }
}

function decision(w: World): StageState {
  const waiting = (w.decisions ?? []).filter(isWaiting).length
  const last = w.decisions?.[0]
  const tone = waiting ? 'warn' : last?.state === 'running' ? 'run' : last ? 'ok' : 'idle'
  return { id: 'decision', tone, facts: { waiting, decision: last } }
}

/** needs lists what cannot go on without a person, the most pressing first. */
export type Need =
  | { kind: 'trust' }
  | { kind: 'decision'; decision: Decision }
  | { kind: 'alert'; alert: Alert }
  | { kind: 'endpoint'; endpoint: Endpoint }
  | { kind: 'run'; run: Run }
  | { kind: 'pipeline'; stages: number; reason?: string }

export const mustRun = (state: string) => !['up_to_date', 'unchanged', 'fresh', 'current', 'running'].includes(state)

export function needs(w: World, trustNeeded: boolean): Need[] {
  const stages = (w.pipeline?.stages ?? []).filter((s) => mustRun(s.state))
  return [
    ...(trustNeeded ? [{ kind: 'trust' as const }] : []),
    ...(w.decisions ?? []).filter(isWaiting).map((decision) => ({ kind: 'decision' as const, decision })),
    ...(w.endpoints ?? []).filter((e) => e.deployment.state === 'failed').map((endpoint) => ({ kind: 'endpoint' as const, endpoint })),
    ...(w.alerts ?? []).filter((a) => a.status === 'open').map((alert) => ({ kind: 'alert' as const, alert })),
    ...(w.last?.status === 'FAILED' ? [{ kind: 'run' as const, run: w.last }] : []),
    ...(stages.length && !w.queue?.running.some((r) => r.kind === 'execution') ? [{ kind: 'pipeline' as const, stages: stages.length, reason: stages[0]?.reasons[0] }] : []),
  ]
}
