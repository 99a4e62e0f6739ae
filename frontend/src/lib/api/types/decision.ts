import type { Evidence } from './model'
import type { Quality, Verdict } from './monitor'

export interface DecisionStep {
  name: string
  status: string
  text?: string
  ref?: string
  at?: string
}

export interface DecisionWindow {
  id: string
  monitor?: string
  number?: number
  rows?: number
  status?: string
  verdict?: Verdict
  drifted?: string[]
  quality?: Quality
}

export interface DecisionEvidence {
  alert_id?: string
  monitor?: string
  windows?: DecisionWindow[]
  columns?: { name: string; measure: string; effect: number; threshold: number; p: number }[]
  gates?: Evidence
  deployment?: { endpoint: string; from: number; to: number; requests?: number; failed?: number; at?: string }
}

export interface Decision {
  id: string
  trigger: string
  on?: string
  policy?: string
  kind?: string
  status: string
  model?: string
  title?: string
  reason: string
  question?: string
  champion?: number
  version?: number
  snapshot_id?: string
  snapshot?: string
  execution_id?: string
  run_id?: string
  created_at: string
  ended_at?: string
  by?: string
  note?: string
  steps?: DecisionStep[]
  evidence?: DecisionEvidence
}

export interface Trigger {
  name: string
  on: string
  policy?: string
  model?: string
  monitor?: string
  dataset?: string
  cron?: string
  windows?: number
  cooldown?: string | number
  per_day?: number
  next?: string
  last?: string
  blocked?: string
}
