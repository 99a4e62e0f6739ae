export interface Model {
  name: string
  description?: string
  tags: Record<string, string>
  aliases: Record<string, number>
  versions: number
  latest: number
  created_at: string
  updated_at: string
}

export interface Column {
  name: string
  type: string
  required?: boolean
  shape?: number[]
}

export interface Signature {
  inputs: Column[]
  outputs: Column[]
}

export interface Version {
  model: string
  version: number
  digest: string
  flavor: string
  source: string
  run_id?: string
  execution_id?: string
  snapshot_ids?: string[]
  commit?: string
  signature?: Signature
  metrics: Record<string, number>
  params: Record<string, string>
  baseline?: string
  holdout?: string
  label?: string
  segment?: string
  task?: string
  status: string
  description?: string
  tags: Record<string, string>
  aliases: string[]
  size: number
  created_at: string
  created_by?: string
  reproduced?: { identical: boolean; digest: string; run_id: string; at?: string; text: string }
}

export interface Move {
  model: string
  alias: string
  from: number
  to: number
  at: string
  by?: string
  reason?: string
  decision?: string
}

export interface Interval {
  low: number
  high: number
  confidence: number
  resamples: number
}

export interface Gate {
  name: string
  metric: string
  over?: string
  per?: string
  margin?: number
  min?: number
  max?: number
  confidence?: number
}

export interface Part {
  name: string
  rows: number
  value: number
  passed: boolean
  text?: string
}

export interface GateVerdict {
  gate?: Gate
  name?: string
  passed: boolean
  value: number
  reference?: number
  difference?: number
  interval?: Interval
  parts?: Part[]
  text: string
}

export interface ClassScore {
  class: string
  rows: number
  answered: number
  recall: number
  precision: number
  f1: number
}

export interface Scores {
  accuracy?: number
  f1?: number
  precision?: number
  recall?: number
  mae?: number
  rmse?: number
  classes?: ClassScore[]
  confusion?: number[][]
}

export interface SegmentPair {
  name: string
  rows: number
  value: number
  reference: number
  difference: number
  interval: Interval
}

export interface Comparison {
  alias?: string
  version: number
  metric: string
  value: number
  reference: number
  difference: number
  interval: Interval
  better: number
  worse: number
  segments: SegmentPair[]
  other: Scores
  text: string
}

export interface Evidence {
  model?: string
  version?: number
  passed: boolean
  at?: string
  rows: number
  task: string
  scores: Scores
  majority?: Scores
  gates: GateVerdict[]
  comparison?: Comparison
}
