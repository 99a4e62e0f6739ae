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

/** target says where a key leads from a place in a list; undefined where it leads nowhere. */
export function target(key: string, at: number, length: number): number | undefined {
  switch (key) {
    case 'ArrowDown':
    case 'j':
      return Math.min(at + 1, length - 1)
    case 'ArrowUp':
    case 'k':
      return Math.max(at - 1, 0)
    case 'Home':
      return 0
    case 'End':
      return length - 1
  }
  return undefined
}
