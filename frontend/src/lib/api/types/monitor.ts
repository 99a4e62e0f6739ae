export interface Verdict {
  code: string
  text: string
  values?: Record<string, unknown>
}

export interface Summary {
  rows: number
  missing: number
  distinct: number
  mean?: number
  std?: number
  min?: number
  p25?: number
  median?: number
  p75?: number
  max?: number
}

export interface Histogram {
  edges?: number[]
  labels?: string[]
  baseline: number[]
  window: number[]
}

export interface Effect {
  measure: string
  value: number
  threshold?: number
  reached: boolean
  reason?: string
}

export interface Check {
  code: string
  baseline: number
  window: number
  threshold: number
  p_adjusted: number
  failed: boolean
  reason: string
}

export interface DriftColumn {
  name: string
  parent?: string
  role: string
  kind: string
  test: string
  method: string
  statistic: number
  p: number
  p_adjusted: number
  effects: Effect[]
  drifted: boolean
  direction?: string
  verdict: Verdict
  checks?: Check[]
  baseline: Summary
  window: Summary
  histogram: Histogram
  new_values?: string[]
}

export interface Quality {
  monitor: string
  window_id: string
  model: string
  version: number
  revision: number
  from: string
  to: string
  rows: number
  labelled: number
  coverage: number
  task: string
  metrics: Record<string, number>
  classes?: { class: string; support: number; predicted: number; precision: number; recall: number; f1: number }[]
  breaches?: { metric: string; value: number; bound: number; below: boolean; reason: string }[]
  status: string
  verdict: Verdict
  at: string
}

export interface MonitorConfig {
  name: string
  endpoint: string
  rows?: number
  every?: number
  alpha: number
  drift: Record<string, number>
  columns?: string[]
  alert: { windows: number; of: number }
  quality?: Record<string, { min?: number; max?: number }>
  min_rows?: number
}

export interface Window {
  id: string
  monitor: string
  endpoint: string
  model: string
  version: number
  number: number
  from: string
  to: string
  rows: number
  failed: number
  baseline_rows: number
  rule: MonitorConfig
  status: string
  needed?: number
  verdict: Verdict
  drifted: string[] | null
  faults: string[] | null
  columns: DriftColumn[] | null
  at: string
  quality?: Quality
}

export interface Monitor extends Omit<MonitorConfig, 'quality'> {
  live?: { model: string; version: number }
  status: string
  verdict: Verdict
  last?: Window
  quality?: Quality
  pending: number
  open_alerts: number
  windows: number
}

export interface Alert {
  id: string
  monitor: string
  endpoint: string
  model: string
  version: number
  kind: string
  status: 'open' | 'acknowledged' | 'resolved'
  windows: string[]
  columns?: string[]
  verdict: Verdict
  opened_at: string
  history: { at: string; by: string; action: string; note?: string }[]
}
