import type { TrackedItem, TrackedState } from '$lib/api/types'
import { t, type PlainKey } from '$lib/i18n/index.svelte'
import type { Tone } from '$lib/ui/state'

/** Look is how a word of the server is shown. */
interface Look {
  text: PlainKey
  tone: Tone
}

const looks: Record<string, Look> = {
  unchanged: { text: 'tracked.unchanged', tone: 'ok' },
  modified: { text: 'tracked.modified', tone: 'warn' },
  new: { text: 'tracked.new', tone: 'warn' },
  missing: { text: 'tracked.missing', tone: 'bad' },
  unrecorded: { text: 'tracked.unrecorded', tone: 'idle' },
  versioned: { text: 'tracked.versioned', tone: 'idle' },
  unreadable: { text: 'tracked.unreadable', tone: 'bad' },
  whole: { text: 'tracked.whole', tone: 'ok' },
  there: { text: 'tracked.there', tone: 'ok' },
  uncached: { text: 'tracked.uncached', tone: 'idle' },
}

/** look is how a state of the folder, a file or the cache is shown; undefined for a word that this page does not know. */
export const look = (word: string): Look | undefined => looks[word]

/** wordOf is how a state is told; lacks are the objects that the cache does not have. */
export function wordOf(word: string, lacks = 0): string {
  const shown = looks[word]
  return word === 'partly' ? t('tracked.partly', { count: lacks }) : shown ? t(shown.text) : word
}

/** parted is a path as its folder, with the slash, and its name. */
export function parted(path: string): [string, string] {
  const end = path.lastIndexOf('/', path.length - 2) + 1
  return [path.slice(0, end), path.slice(end)]
}

/** byPath finds the state of an item. */
export const byPath = (list: TrackedState[] | undefined) => new Map((list ?? []).map((s) => [s.path, s]))

/** differs says that an item is not as DVC recorded it: in the folder, or in the cache that it should be in. */
export const differs = (s: TrackedState | undefined) => !!s && ((s.state !== 'unchanged' && s.state !== 'versioned') || s.cache === 'missing' || s.cache === 'partly')

/** whichOf are the items that have a text in their path or in what recorded them, and of those, where states are given, what differs. */
export function whichOf(items: TrackedItem[], text: string, states?: Map<string, TrackedState>): TrackedItem[] {
  const wanted = text.trim().toLowerCase()
  return items.filter((item) => (!states || differs(states.get(item.path))) && (!wanted || `${item.path}\n${item.by}`.toLowerCase().includes(wanted)))
}

/** Way is a command that helps, and what it does. */
export interface Way {
  text: PlainKey
  command: string
}

const plainName = /^[\w@%+=:,./-]+$/

/** quoted writes a path as one word of a command line. */
export const quoted = (path: string) => (plainName.test(path) && !path.startsWith('-') ? path : `'${path.startsWith('-') ? './' : ''}${path.replaceAll("'", `'\\''`)}'`)

/** ways are the commands that make sense for an item as it is now. */
export function ways(item: TrackedItem, state: TrackedState): Way[] {
  const out: Way[] = []
  const at = quoted(item.path)
  const changed = state.state === 'modified' || state.state === 'missing'
  if (item.stage && (changed || state.state === 'unrecorded')) out.push({ text: 'tracked.way_repro', command: `rondo repro ${quoted(item.stage_name)}` })
  if (state.state === 'modified') out.push({ text: 'tracked.way_commit', command: `rondo data commit ${at}` })
  if (state.cache === 'missing' || state.cache === 'partly') out.push({ text: 'tracked.way_fetch', command: `rondo data fetch ${at}` })
  if (changed && !item.no_cache) out.push({ text: 'tracked.way_checkout', command: `rondo data checkout ${at}` })
  if (item.origin && state.state === 'unrecorded') out.push({ text: 'tracked.way_pull', command: `rondo data pull ${at}` })
  if (item.origin) out.push({ text: 'tracked.way_update', command: `${item.origin.kind === 'query' ? 'dvc' : 'rondo data'} update ${quoted(item.by)}` })
  return out
}
