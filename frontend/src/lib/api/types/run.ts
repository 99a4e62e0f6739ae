export type RunStatus = 'SCHEDULED' | 'RUNNING' | 'FINISHED' | 'FAILED' | 'KILLED'

/** Float is a number whose NaN and infinities travel as text. */
export type Float = number | 'NaN' | 'Infinity' | '-Infinity'

export interface Metric {
  key: string
  value: Float
  step: number
  time: number
  min: Float
  max: Float
  count?: number
}

export interface Experiment {
  id: string
  name: string
  lifecycle: string
  tags: Record<string, string>
  created_at: string
  updated_at: string
  runs: number
}

export interface RunInput {
  name?: string
  digest?: string
  snapshot_id?: string
  source?: string
  tags?: Record<string, string>
}

export interface Exit {
  code: number
  signal?: string
  stopped?: boolean
  stopped_by?: string
  error?: string
  lost?: boolean
  max_rss_bytes?: number
  user_ms?: number
}

export interface Run {
  id: string
  experiment_id: string
  name: string
  user?: string
  kind: string
  status: RunStatus
  lifecycle: string
  parent_id?: string
  started_at?: string
  ended_at?: string
  params: Record<string, string>
  metrics: Record<string, Metric>
  tags: Record<string, string>
  inputs?: RunInput[]
  exit?: Exit
  reason?: string
}

export interface RunPage {
  runs: Run[]
  next?: string
  total: number
}

export interface MetricPoint {
  value: Float
  step: number
  time: number
}

export interface MetricSeries {
  metrics: Record<string, MetricPoint[]>
}

export interface GPUUse {
  index: number
  name: string
  percent: number
  mem_bytes: number
  mem_total_bytes: number
}

export interface Sample {
  time: number
  cpu_percent: number
  rss_bytes: number
  processes: number
  read_bytes_per_s: number
  write_bytes_per_s: number
  host_cpu_percent: number
  host_mem_bytes: number
  gpus?: GPUUse[]
}

export interface LogPart {
  text: string
  offset: number
  next: number
  end: boolean
}

export interface Artifact {
  path: string
  dir: boolean
  size: number
  mtime: string
}

export interface Code {
  argv?: string[]
  cwd?: string
  git?: { commit: string; branch?: string; dirty: boolean }
  diff?: string
}

export interface Environment {
  python?: string
  packages?: string[]
  env?: Record<string, string>
  host?: Record<string, string | number>
}

export interface QueueState {
  parallel: number
  running: Run[]
  waiting: Run[]
}
