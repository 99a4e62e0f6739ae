export interface Project {
  name: string
  dir: string
  id: string
  format: number
  read_only?: string
  serving_url?: string
  url?: string
  version?: string
  token?: string
}

export interface Trust {
  needed: boolean
  digest: string
  actions: { kind: string; name: string; wdir?: string; run: string[] }[] | null
}

export interface Settings {
  parallel?: number
  [key: string]: unknown
}
