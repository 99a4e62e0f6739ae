import type { GPUUse } from './run'

export interface Hint {
  code: string
  text: string
  level?: string
}

export interface HostSample {
  time: number
  cpu_percent: number
  mem_bytes: number
  read_bytes_per_s?: number
  write_bytes_per_s?: number
  disk_free_bytes?: number
  gpus?: GPUUse[]
}

export interface Host {
  hostname: string
  os: string
  arch: string
  kernel?: string
  cpu_model?: string
  cores: number
  mem_total_bytes: number
  disk_total_bytes: number
  disk_free_bytes: number
  gpus?: GPUUse[]
  now?: HostSample
  hints?: Hint[]
}
