import type { Signature } from './model'

export interface Stats {
  requests: number
  rows: number
  errors: number
  refused: number
  captured: number
  dropped: number
  in_flight: number
  p50_us: number
  p90_us: number
  p99_us: number
  histogram: { le_us: number; count: number }[]
  versions: Record<string, number>
}

export interface Endpoint {
  name: string
  model: string
  alias?: string
  version?: number
  capture: number
  source: string
  created_at?: string
  created_by?: string
  deployment: { state: string; model?: string; version?: number; digest?: string; flavor?: string; since?: string; reason?: string }
  signature?: Signature
  example?: Record<string, unknown>
  stats: Stats
}

export interface Capture {
  id: string
  request_id: string
  endpoint: string
  model: string
  version: number
  time: string
  inputs: Record<string, unknown>
  outputs?: Record<string, unknown>
  prediction?: unknown
  score?: number
  attributes?: Record<string, unknown>
  latency_us: number
  status: string
  truth?: { id: string; label: unknown; at?: string; by?: string }
  cursor: string
}

export interface Prediction {
  label: unknown
  score: number
  outputs: Record<string, unknown>
}

/** Predicted is the playground's answer. */
export interface Predicted {
  id: string
  model: string
  version: number
  latency_us: number
  predictions: Prediction[]
}

/** CodeSnippet asks the endpoint from another program. */
export interface CodeSnippet {
  name: string
  language: string
  code: string
}
