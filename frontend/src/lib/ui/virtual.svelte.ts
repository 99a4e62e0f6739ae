import { elementScroll, observeElementOffset, observeElementRect, Virtualizer, type VirtualItem } from '@tanstack/virtual-core'

/** virtual shows a window of a long list. It is the thin seam to TanStack Virtual. */
export function virtual(count: () => number, rowHeight: (at: number) => number, element: () => HTMLElement | undefined) {
  let items = $state.raw<VirtualItem[]>([])
  let total = $state(0)
  const read = () => {
    items = instance.getVirtualItems()
    total = instance.getTotalSize()
  }
  const options = () => ({
    count: count(),
    getScrollElement: () => element() ?? null,
    estimateSize: rowHeight,
    overscan: 6,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    onChange: read,
  })
  const instance = new Virtualizer<HTMLElement, HTMLElement>(options())
  $effect(() => instance._didMount())
  $effect(() => {
    instance.setOptions(options())
    instance._willUpdate()
    instance.measure()
    read()
  })
  return {
    get items() {
      return items
    },
    get total() {
      return total
    },
    /** above and below are the room of the rows that are not drawn, in pixels. */
    get above() {
      return items[0]?.start ?? 0
    },
    get below() {
      return Math.max(0, total - (items.at(-1)?.end ?? 0))
    },
    /** page is how many rows are seen at once, less one that stays in view. */
    page: () => Math.max(1, Math.floor((element()?.clientHeight ?? 0) / rowHeight(0)) - 1),
    toEnd: () => instance.scrollToIndex(count() - 1, { align: 'end' }),
    toIndex: (i: number) => instance.scrollToIndex(i, { align: 'auto' }),
  }
}
