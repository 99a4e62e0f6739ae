export interface Git {
  commit: string
  branch?: string
  dirty: boolean
  diff?: string
}

/** Use is a thing that was made from a snapshot. */
export interface Use {
  kind: string // run, version or execution
  id: string
  name: string
  at?: string
}

export interface Snapshot {
  id: string
  dataset: string
  number: number
  path: string
  single: boolean
  tree: string
  files: number
  size: number
  rows?: number
  message?: string
  parent?: string
  profile?: string
  git?: Git
  created_at: string
  created_by?: string
  decision?: string
  used_by?: Use[]
}

export interface Dataset {
  name: string
  path: string
  desc?: string
  latest?: Snapshot
  count: number
}

export interface ProfileColumn {
  name: string
  type: string
  rows: number
  missing: number
  distinct: number
  distinct_more?: boolean
  min?: number | string
  max?: number | string
  mean?: number
  std?: number
  quantiles?: Record<string, number>
  categories?: { value: string; count: number }[]
  histogram?: { edges: number[]; counts: number[] }
  approximate?: boolean
}

export interface TableProfile {
  path: string
  rows: number
  columns: ProfileColumn[]
  problem?: string
}

export interface Profile {
  tables: TableProfile[]
  rows: number
  opaque: number
  warnings: string[]
}

export interface Rows {
  file: string
  columns: string[]
  rows: (string | null)[][]
  total: number
  offset: number
}

export interface SnapshotFile {
  path: string
  size: number
  digest: string
}

export interface TableDiff {
  path: string
  key: string[]
  added: number
  removed: number
  changed: number
  same: number
  columns_added: string[]
  columns_removed: string[]
  problem?: string
}

export interface DatasetDiff {
  dataset: string
  from: number
  to: number
  files: { path: string; change: string }[]
  tables: TableDiff[]
  same: number
  count: number
}

export interface DatasetStatus {
  state: string
  text?: string
  snapshot?: number
  count: number
}

export interface Verification {
  ok: boolean
  files: number
  problems: { path?: string; message?: string }[]
}
