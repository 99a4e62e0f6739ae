export interface Git {
  commit: string
  branch?: string
  dirty: boolean
  diff?: string
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
  runs?: string[]
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
  min?: number | string
  max?: number | string
  mean?: number
  std?: number
  quantiles?: Record<string, number>
  categories?: { value: string; count: number }[]
  histogram?: { edges: number[]; counts: number[] }
}

export interface TableProfile {
  path: string
  rows: number
  columns: ProfileColumn[]
}

export interface Profile {
  tables: TableProfile[]
}

export interface Rows {
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

export interface DatasetDiff {
  from: number
  to: number
  files: { path: string; change: 'added' | 'removed' | 'changed' | 'same' }[]
  tables: { path: string; added: number; removed: number; changed: number; same: number; columns_added?: string[]; columns_removed?: string[] }[]
}

export interface DatasetStatus {
  state: string
  text?: string
  snapshot?: number
}
