import type { PlainKey } from '$lib/i18n/index.svelte'
import type { IconName } from '$lib/ui/icons'

/** Place is one of the program's main pages; key is what follows g on the keyboard. */
export interface Place {
  id: IconName
  path: string
  name: PlainKey
  key: string
}

export const places: Place[] = [
  { id: 'loop', path: '/', name: 'nav.loop', key: 'l' },
  { id: 'data', path: '/data', name: 'nav.data', key: 'd' },
  { id: 'pipeline', path: '/pipeline', name: 'nav.pipeline', key: 'p' },
  { id: 'runs', path: '/runs', name: 'nav.runs', key: 'r' },
  { id: 'traces', path: '/traces', name: 'nav.traces', key: 't' },
  { id: 'models', path: '/models', name: 'nav.models', key: 'm' },
  { id: 'endpoints', path: '/endpoints', name: 'nav.endpoints', key: 'e' },
  { id: 'monitors', path: '/monitors', name: 'nav.monitors', key: 'o' },
  { id: 'decisions', path: '/decisions', name: 'nav.decisions', key: 'c' },
  { id: 'host', path: '/host', name: 'nav.host', key: 'h' },
  { id: 'settings', path: '/settings', name: 'nav.settings', key: 's' },
]
