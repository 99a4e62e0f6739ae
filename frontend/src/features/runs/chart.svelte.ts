/** View is how metric charts are drawn, for all charts of a page. */
export interface View {
  typed: string
  smoothing: number
  axis: 'step' | 'time'
  log: boolean
}

export function emptyView(): View {
  const view = $state<View>({ typed: '', smoothing: 0, axis: 'step', log: false })
  return view
}
