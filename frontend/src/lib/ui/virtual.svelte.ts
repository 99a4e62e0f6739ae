import { elementScroll, observeElementOffset, observeElementRect, Virtualizer, type VirtualItem } from '@tanstack/virtual-core'

/** virtual shows a window of a long list. It is the thin seam to TanStack Virtual. */
export function virtual(count: () => number, rowHeight: () => number, element: () => HTMLElement | undefined) {
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
    overscan: 12,
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
    toEnd: () => instance.scrollToIndex(count() - 1, { align: 'end' }),
    toIndex: (i: number) => instance.scrollToIndex(i, { align: 'auto' }),
  }
}
