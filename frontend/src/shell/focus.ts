/** keepFocus gives the focus to the page when what has it goes: keys then go on from there, and not from nowhere. */
export function keepFocus(main: HTMLElement): () => void {
  let last: EventTarget | null = null
  const came = (e: FocusEvent) => (last = e.target)
  const gone = new MutationObserver(() => {
    if (!(last instanceof Element) || last.isConnected || document.activeElement !== document.body) return
    last = null
    main.focus({ preventScroll: true })
  })
  main.addEventListener('focusin', came)
  gone.observe(main, { childList: true, subtree: true })
  return () => {
    main.removeEventListener('focusin', came)
    gone.disconnect()
  }
}
