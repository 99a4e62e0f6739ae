import { untrack } from 'svelte'
import { ApiError } from './client'
import { events } from './events.svelte'
import type { RondoEvent } from './stream'

type Load<T> = (signal: AbortSignal) => Promise<T>
type Follow = string[] | ((event: RondoEvent) => boolean)

const usualPause = 250 // ms in which events that concern one resource become one request

/** Resource is something the server knows, with the states of getting to know it. */
export class Resource<T> {
  data = $state.raw<T | undefined>(undefined)
  error = $state.raw<ApiError | undefined>(undefined)
  loading = $state(true)
  reload: () => void = () => {}

  get pending() {
    return this.data === undefined && this.error === undefined
  }

  async take(promise: Promise<T>, signal: AbortSignal) {
    this.loading = true
    try {
      const data = await promise
      if (signal.aborted) return
      this.data = data
      this.error = undefined
    } catch (e) {
      if (signal.aborted) return
      this.error = e instanceof ApiError ? e : new ApiError(0, { kind: 'internal', message: String(e) })
    }
    this.loading = false
  }
}

/**
 * resource loads when a component appears, again when what load reads changes, and
 * again (throttled) when an event concerns it. Call it while a component initialises.
 */
export function resource<T>(load: Load<T>, follow: Follow = [], pause = usualPause): Resource<T> {
  const res = new Resource<T>()
  let controller = new AbortController()
  const run = () => {
    controller.abort()
    controller = new AbortController()
    const promise = load(controller.signal)
    untrack(() => void res.take(promise, controller.signal))
  }
  res.reload = () => untrack(run)
  $effect(() => {
    run()
    return () => controller.abort()
  })
  $effect(() => listen(follow, res.reload, pause))
  return res
}

const concerns = (follow: Follow, e: RondoEvent) =>
  typeof follow === 'function' ? follow(e) : follow.some((prefix) => e.kind.startsWith(prefix))

function listen(follow: Follow, reload: () => void, pause: number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const soon = () => {
    timer ??= setTimeout(() => {
      timer = undefined
      reload()
    }, pause)
  }
  const off = events.on((e) => concerns(follow, e) && soon())
  const offStale = events.onStale(soon)
  return () => {
    off()
    offStale()
    clearTimeout(timer)
  }
}
