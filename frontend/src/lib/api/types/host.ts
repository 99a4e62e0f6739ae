import type { GPUUse } from './run'

export interface Hint {
  kind: string
  level: string // info, warning or critical
  text: string
  run_id?: string
}

export interface HostSample {
  time: number
  cpu_percent: number
  load: number
  mem_bytes: number
  mem_avail_bytes: number
  swap_bytes: number
  disk_used_bytes: number
  disk_free_bytes: number
  gpus?: GPUUse[]
}

export interface HostFacts {
  name?: string
  os: string
  platform?: string
  kernel?: string
  arch?: string
  cpu?: string
  cores: number
  threads: number
  memory_bytes: number
  swap_bytes: number
  disk_bytes: number
  gpus: { name: string; memory_bytes: number }[] | null
  python?: string
  go?: string
}

export interface Host {
  facts: HostFacts
  now?: HostSample
  hints: Hint[]
}
