import { go } from '$lib/router.svelte'
import { toggleTheme } from '$lib/theme.svelte'
import { places } from './places'

/** Stroke is what one key press means; undefined where it means nothing. */
export type Stroke = { do: 'palette' | 'help' | 'search' | 'theme' | 'leader' } | { go: string } | undefined

export interface Press {
  key: string
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
}

/** read understands a key press: led says whether g was pressed just before. */
export function read(e: Press, typing: boolean, led: boolean): Stroke {
  if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === 'k') return { do: 'palette' }
  if (typing || e.ctrlKey || e.metaKey || e.altKey) return undefined
  if (led) {
    const place = places.find((p) => p.key === e.key.toLowerCase())
    return place ? { go: place.path } : undefined
  }
  switch (e.key) {
    case 'g':
      return { do: 'leader' }
    case '?':
      return { do: 'help' }
    case '/':
      return { do: 'search' }
    case 'T':
      return { do: 'theme' }
  }
  return undefined
}

const isTyping = (at: EventTarget | null) =>
  at instanceof HTMLElement && (at.isContentEditable || (/^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName) && !/^(checkbox|radio)$/.test((at as HTMLInputElement).type)))

/** listen turns key presses into what the shell does. */
export function listen(on: { palette: () => void; help: () => void }): () => void {
  let led = 0
  const pressed = (e: KeyboardEvent) => {
    if (document.querySelector('dialog[open]')) return // what is asked there comes first
    const stroke = read(e, isTyping(e.target), Date.now() - led < 1500)
    led = 0
    if (!stroke) return
    e.preventDefault()
    if ('go' in stroke) return go(stroke.go)
    if (stroke.do === 'leader') led = Date.now()
    else if (stroke.do === 'theme') toggleTheme()
    else if (stroke.do === 'search') document.querySelector<HTMLElement>('[data-search]')?.focus()
    else on[stroke.do]()
  }
  window.addEventListener('keydown', pressed)
  return () => window.removeEventListener('keydown', pressed)
}
