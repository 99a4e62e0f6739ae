import type { Location } from './route'

// Tabs of MLflow's run page, where ours have other names.
const tabs: Record<string, string> = { artifacts: 'artifacts', 'model-metrics': 'metrics', 'system-metrics': 'system' }

const path = (...parts: string[]) => '/' + parts.map(encodeURIComponent).join('/')
const withQuery = (at: string, values: Record<string, string | undefined>) => {
  const q = new URLSearchParams(Object.entries(values).filter((e): e is [string, string] => !!e[1]))
  return q.size ? `${at}?${q}` : at
}

/**
 * ours translates an address of MLflow's own pages, such as its client prints at the
 * end of a run, into the page here that shows the same; undefined where it is no such address.
 */
export function ours({ parts, query }: Location): string | undefined {
  const [first, id, kind, name, ...rest] = parts
  if (first === 'experiments') {
    if (kind === 'runs' && name) return withQuery(path('runs', name), { tab: tabs[rest[0] ?? ''], file: rest.slice(1).join('/') })
    if (kind === 'traces') {
      const trace = query.get('selectedEvaluationId') ?? query.get('selectedTraceId') ?? name
      return trace ? path('traces', trace) : withQuery('/traces', { experiment: id })
    }
    return withQuery('/runs', { experiment: id, q: query.get('searchFilter') ?? undefined })
  }
  if (first === 'models' && id && kind === 'versions' && name) return path('models', id, name)
  if (first === 'compare-runs') return withQuery('/compare', { ids: list(query.get('runs')).join(',') })
  return undefined
}

function list(json: string | null): string[] {
  try {
    const all: unknown = JSON.parse(json ?? '[]')
    return Array.isArray(all) ? all.filter((x) => typeof x === 'string') : []
  } catch {
    return []
  }
}
