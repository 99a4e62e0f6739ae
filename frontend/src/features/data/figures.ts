import type { FigureRow, Plot, PlotProblem } from '$lib/api/types'
import { deal, type Series } from '$lib/charts/series'
import { figure } from '$lib/format'

export const workspace = 'workspace'
const usual = ['HEAD', workspace]

/** chosen are the revisions that an address names, each once. A comma parts them; that of a name has a backslash before it, which no name of git has. */
export const chosen = (text: string): string[] => (text ? [...new Set(text.match(/(?:\\,|[^,])+/g)?.map((name) => name.replaceAll('\\,', ',')))] : usual)

/** written is the way back into an address; nothing for the usual ones. */
export function written(revs: string[]): string | undefined {
  const text = revs.map((name) => name.replaceAll(',', '\\,')).join()
  return text === usual.join() ? undefined : text
}

/** value is a metric or a param as a person reads it. */
export function value(v: unknown): string {
  if (v === null || v === undefined) return '–'
  if (typeof v === 'number' || v === 'NaN' || v === 'Infinity' || v === '-Infinity') return figure(v as number)
  return typeof v === 'string' ? v : JSON.stringify(v)
}

/** change is how far a number lies from that of the first revision; nothing where one of them is none. */
export function change(row: FigureRow, i: number): string {
  const [first, now] = [row.values[0], row.values[i]]
  if (i === 0 || typeof first !== 'number' || typeof now !== 'number' || now === first) return ''
  return `${now > first ? '+' : ''}${figure(now - first)}`
}

/** other says that a value is not that of the first revision. */
export const other = (row: FigureRow, i: number) => i > 0 && row.values[i] !== row.values[0]

/** ofFile groups rows by their file. */
export function ofFile(rows: FigureRow[]): [string, FigureRow[]][] {
  const files = new Map<string, FigureRow[]>()
  for (const r of rows) files.set(r.file, [...(files.get(r.file) ?? []), r])
  return [...files]
}

/** inOrder sorts what revisions have by the order of these. */
export const inOrder = <T extends { rev: string }>(list: T[] | undefined, revs: string[]): T[] => [...(list ?? [])].sort((a, b) => revs.indexOf(a.rev) - revs.indexOf(b.rev))

/** series are the lines of a plot: a colour per revision, and dashes for what one revision has beside its first line. */
export function series(plot: Plot, revs: string[]): Series[] {
  const names = [...new Set((plot.lines ?? []).map((l) => l.name ?? ''))]
  return inOrder(plot.lines, revs).map((l) => ({ label: [l.rev, l.name].filter(Boolean).join(' · '), x: l.x, y: l.y, color: deal(revs.indexOf(l.rev)), dash: names.indexOf(l.name ?? '') > 0 }))
}

/** Trouble is what keeps a plot from being drawn, with the revisions in which it does. */
export interface Trouble extends PlotProblem {
  revs: string[]
}

/** troubles tells once what is wrong in several revisions, in the order of these. */
export function troubles(list: PlotProblem[], revs: string[]): Trouble[] {
  const out = new Map<string, Trouble>()
  for (const p of inOrder(list, revs)) {
    const key = JSON.stringify([p.name, p.msg])
    const known = out.get(key)
    if (known) known.revs.push(p.rev)
    else out.set(key, { ...p, revs: [p.rev] })
  }
  return [...out.values()]
}
