/**
 * roving moves the focus among the elements marked data-row with the arrow keys, Home
 * and End. Enter follows the link that has the focus, as the browser does anyway.
 */
export function roving(node: HTMLElement) {
  const rows = () => [...node.querySelectorAll<HTMLElement>('[data-row]')]
  const keys = (e: KeyboardEvent) => {
    const all = rows()
    const at = all.indexOf(document.activeElement as HTMLElement)
    if (at < 0) return
    const next = target(e.key, at, all.length)
    if (next === undefined) return
    e.preventDefault()
    all[next]?.focus()
  }
  node.addEventListener('keydown', keys)
  return { destroy: () => node.removeEventListener('keydown', keys) }
}

/** Part is a long list of which only what is in view is drawn, in elements that say their place by data-at. */
interface Part {
  length: () => number
  page: () => number // rows that are seen at once
  show: (at: number) => void
}

/** rovingIn is roving where only a part of the list is drawn: what is gone to is brought into view first. */
export function rovingIn(node: HTMLElement, part: Part) {
  let going: number | undefined // where the focus goes once it is drawn; keys that come before go on from there
  const focus = (at: number) => {
    const row = node.querySelector<HTMLElement>(`[data-at="${at}"] [data-row]`)
    row?.focus()
    return !!row
  }
  const arrive = () => {
    if (going !== undefined) focus(going)
    going = undefined
  }
  const keys = (e: KeyboardEvent) => {
    const row = (e.target as Element).closest<HTMLElement>('[data-at]')
    const next = row ? target(e.key, going ?? Number(row.dataset.at), part.length(), part.page()) : undefined
    if (next === undefined || !(e.target as Element).matches('[data-row]')) return
    e.preventDefault()
    part.show(next)
    going = undefined
    if (focus(next)) return
    going = next
    requestAnimationFrame(() => requestAnimationFrame(arrive))
  }
  node.addEventListener('keydown', keys)
  return { destroy: () => node.removeEventListener('keydown', keys) }
}

/** target says where a key leads from a place in a list; undefined where it leads nowhere, as by pages where all of the list is drawn. */
export function target(key: string, at: number, length: number, page?: number): number | undefined {
  switch (key) {
    case 'ArrowDown':
    case 'j':
      return Math.min(at + 1, length - 1)
    case 'ArrowUp':
    case 'k':
      return Math.max(at - 1, 0)
    case 'PageDown':
      return page && Math.min(at + page, length - 1)
    case 'PageUp':
      return page && Math.max(at - page, 0)
    case 'Home':
      return 0
    case 'End':
      return length - 1
  }
  return undefined
}
