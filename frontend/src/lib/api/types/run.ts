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
  stream: string
  offset: number
  next: number
  size: number
  text: string
}

export interface Artifact {
  path: string
  dir: boolean
  size: number
  mtime: string
}

/** RunComparison has one row per trait, with a value per run; null where a run has it not. */
export interface RunComparison {
  runs: Run[]
  rows: { group: string; key: string; values: (string | null)[]; same: boolean }[]
}

export interface Code {
  argv?: string[]
  commit?: string
  branch?: string
  remote?: string
  message?: string
  dirty: boolean
  diff?: string
  untracked?: string[]
  problem?: string
}

export interface Environment {
  command: string[]
  dir: string
  host: { name?: string; os: string; platform?: string; kernel?: string; arch?: string; cpu?: string; cores?: number; threads?: number; memory_bytes?: number }
  python?: { executable: string; version?: string; packages: { name: string; version: string }[] | null }
  variables: Record<string, string> | null
  recorded_at?: string
}

export interface QueueState {
  parallel: number
  running: Run[]
  waiting: Run[]
}
