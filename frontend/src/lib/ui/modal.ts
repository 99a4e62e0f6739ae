import type { Attachment } from 'svelte/attachments'

/**
 * modal opens a dialog above the page for as long as it exists: the rest of the page
 * waits, the focus stays inside and goes back to where it was. Escape and a press
 * beside it ask to close.
 */
export function modal(close: () => void): Attachment<HTMLDialogElement> {
  return (node) => {
    const before = document.activeElement as HTMLElement | null
    node.showModal()
    ;(node.querySelector<HTMLElement>('[data-first], .body :is(input, select, textarea)') ?? node).focus()
    const escape = (e: Event) => (e.preventDefault(), close())
    const beside = (e: Event) => e.target === node && close()
    node.addEventListener('cancel', escape)
    node.addEventListener('pointerdown', beside)
    return () => {
      node.removeEventListener('cancel', escape)
      node.removeEventListener('pointerdown', beside)
      node.close()
      before?.focus() // by the time that the page has taken the dialog away, the browser has forgotten it
    }
  }
}
