import { ApiError } from '$lib/api/client'
import { events } from '$lib/api/events.svelte'
import type { Run } from '$lib/api/types'
import { getRun, listRuns, type Wanted } from './api'
import { merge } from './merge'

const limit = 100

/** RunList is the table's runs: pages as they are scrolled to, and single runs again as events tell of them. */
export class RunList {
  runs = $state.raw<Run[]>([])
  total = $state(0)
  loading = $state(true)
  error = $state.raw<ApiError>()
  #want: Omit<Wanted, 'limit' | 'page'> = {}
  #next = ''
  #controller = new AbortController()
  #touched = new Set<string>()
  #timer?: ReturnType<typeof setTimeout>

  search(want: Omit<Wanted, 'limit' | 'page'>) {
    this.#want = want
    void this.#load(true)
  }

  reload = () => void this.#load(true)

  more = () => {
    if (!this.loading && this.#next) void this.#load(false)
  }

  async #load(anew: boolean) {
    this.#controller.abort()
    const { signal } = (this.#controller = new AbortController())
    this.loading = true
    try {
      const page = await listRuns({ ...this.#want, limit, page: anew ? '' : this.#next }, signal)
      this.runs = anew ? page.runs : [...this.runs, ...page.runs]
      this.total = page.total
      this.#next = page.next ?? ''
      this.error = undefined
    } catch (e) {
      if (signal.aborted) return
      this.error = e instanceof ApiError ? e : new ApiError(0, { kind: 'internal', message: String(e) })
    }
    this.loading = false
  }

  /** follow keeps the list live until the returned function is called: only what changed is asked for. */
  follow(): () => void {
    const off = events.on((e) => {
      if (!e.kind.startsWith('run.') || e.kind === 'run.output' || e.kind === 'run.system') return
      this.#touched.add(e.id)
      this.#timer ??= setTimeout(() => void this.#refresh(), 600)
    })
    const offStale = events.onStale(this.reload)
    return () => {
      off()
      offStale()
      clearTimeout(this.#timer)
      this.#controller.abort()
    }
  }

  async #refresh() {
    this.#timer = undefined
    const ids = [...this.#touched]
    this.#touched.clear()
    const shown = new Set(this.runs.map((r) => r.id))
    if (ids.length > 20 || ids.some((id) => !shown.has(id))) return this.#load(true)
    const fresh = await Promise.all(ids.map((id) => getRun(id).catch(() => undefined)))
    this.runs = merge(this.runs, fresh.filter((r) => r !== undefined))
  }
}
