import type { Run } from '$lib/api/types'
import { byName } from '$lib/format'

/** A column's id is its name in the search grammar: attributes.status, params.lr, metrics.loss, tags.note. */
export type ColumnID = string
export type Group = 'attributes' | 'params' | 'metrics' | 'tags'

export interface Sort {
  id: ColumnID
  down: boolean
}

export const attributeIDs = ['attributes.status', 'attributes.start_time', 'attributes.duration', 'attributes.user', 'attributes.kind', 'attributes.id']
const usual: ColumnID[] = ['attributes.status', 'attributes.start_time', 'attributes.duration']
const key = 'rondo.runs.columns'

/** split takes a column's id apart; keys may hold dots themselves. */
export function split(id: ColumnID): { group: Group; key: string } {
  const at = id.indexOf('.')
  return { group: id.slice(0, at) as Group, key: id.slice(at + 1) }
}

/** available lists the columns that the given runs could fill. */
export function available(runs: Run[]): Record<Exclude<Group, 'attributes'>, ColumnID[]> {
  const collect = (group: 'params' | 'metrics' | 'tags') => {
    const keys = new Set<string>()
    for (const r of runs) for (const k of Object.keys(r[group])) if (!k.startsWith('mlflow.')) keys.add(k)
    return [...keys].sort(byName).map((k) => `${group}.${k}`)
  }
  return { params: collect('params'), metrics: collect('metrics'), tags: collect('tags') }
}

/** suggested is what a table shows before anybody chose: metrics first, then params that differ. */
export function suggested(runs: Run[]): ColumnID[] {
  const { params, metrics } = available(runs)
  const differs: ColumnID[] = []
  for (const id of params) {
    const key = split(id).key
    if (runs.some((r) => r.params[key] !== runs[0]!.params[key])) differs.push(id)
    if (differs.length === 3) break // a run may have a hundred thousand
  }
  return [...usual, ...metrics.slice(0, 3), ...differs]
}

/** load returns what was chosen on this device; undefined where nothing was. */
export function load(storage: Pick<Storage, 'getItem'> = localStorage): ColumnID[] | undefined {
  try {
    const list: unknown = JSON.parse(storage.getItem(key) ?? 'null')
    return Array.isArray(list) && list.every((x) => typeof x === 'string' && x.includes('.')) ? list : undefined
  } catch {
    return undefined
  }
}

export function save(columns: ColumnID[] | undefined, storage: Pick<Storage, 'setItem' | 'removeItem'> = localStorage) {
  try {
    if (columns) storage.setItem(key, JSON.stringify(columns))
    else storage.removeItem(key)
  } catch {
    // the choice then lasts as long as the page
  }
}

const sortable: Record<string, string> = { status: 'status', start_time: 'start_time', user: 'user_id', name: 'run_name', id: 'run_id' }

/** orderBy writes a sort in the grammar; undefined where a column cannot be sorted by. */
export function orderBy(sort: Sort): string | undefined {
  const { group, key: name } = split(sort.id)
  const direction = sort.down ? 'DESC' : 'ASC'
  if (group !== 'attributes') return `${group}.\`${name}\` ${direction}`
  return sortable[name] ? `attributes.${sortable[name]} ${direction}` : undefined
}

/** width of a column, in pixels: enough for what is usually there. */
export function width(id: ColumnID): number {
  const { group, key: name } = split(id)
  if (group === 'metrics') return Math.max(92, Math.min(160, name.length * 8 + 32))
  if (group === 'attributes') return { status: 116, start_time: 112, duration: 104, id: 124 }[name] ?? 112
  return Math.max(96, Math.min(180, name.length * 8 + 32))
}
