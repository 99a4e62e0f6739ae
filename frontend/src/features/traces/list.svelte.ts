import { ApiError, get } from '$lib/api/client'
import { events } from '$lib/api/events.svelte'
import type { Trace } from '$lib/api/types'

const limit = 100

/** TraceList is the table's traces: the newest, and older ones as they are asked for. */
export class TraceList {
  traces = $state.raw<Trace[]>([])
  next = $state('')
  loading = $state(true)
  error = $state.raw<ApiError>()
  #want: { filter?: string; experiment?: string[] } = {}
  #controller = new AbortController()

  search(filter: string, experiment: string) {
    this.#want = { filter, experiment: experiment ? [experiment] : undefined }
    void this.#load('')
  }

  reload = () => void this.#load('')
  more = () => void this.#load(this.next)

  async #load(page: string) {
    this.#controller.abort()
    const { signal } = (this.#controller = new AbortController())
    this.loading = true
    try {
      const out = await get('/traces', { ...this.#want, limit, page }, signal)
      this.traces = page ? [...this.traces, ...out.traces] : out.traces
      this.next = out.next ?? ''
      this.error = undefined
    } catch (e) {
      if (signal.aborted) return
      this.error = e instanceof ApiError ? e : new ApiError(0, { kind: 'internal', message: String(e) })
    }
    this.loading = false
  }

  /** follow keeps the list live until the returned function is called, while its first page is what is shown. */
  follow(): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined
    const soon = () => {
      if (this.traces.length > limit) return
      timer ??= setTimeout(() => {
        timer = undefined
        this.reload()
      }, 600)
    }
    const off = events.on((e) => (e.kind.startsWith('trace.') || e.kind.startsWith('assessment.')) && soon())
    const offStale = events.onStale(soon)
    return () => {
      off()
      offStale()
      clearTimeout(timer)
      this.#controller.abort()
    }
  }
}
