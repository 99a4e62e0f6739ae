export interface Stage {
  name: string
  desc?: string
  cmd: string | string[]
  deps?: string[]
  params?: string[]
  outs?: string[]
  metrics?: string[]
  plots?: string[]
  state: string
  reasons: string[]
}

export interface Pipeline {
  stages: Stage[]
  edges: { from: string; to: string }[]
}

export interface ExecutionStage {
  name: string
  status: string
  reasons?: string[]
  started_at?: string
  ended_at?: string
  error?: string
}

export interface Execution {
  id: string
  run_id: string
  status: string
  reason?: string
  decision?: string
  started_at?: string
  ended_at?: string
  stages: ExecutionStage[]
}

export interface Reproduction {
  id?: string
  run_id: string
  of: string
  status: string
  identical?: boolean
  text?: string
  at?: string
}
