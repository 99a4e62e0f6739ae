import { untrack } from 'svelte'
import { address } from './client'
import { backoff, resumeAfter, start, step, type RondoEvent, type StreamInput, type StreamState } from './stream'

type Listener = (event: RondoEvent) => void

/** Events is the page's one event stream; everything live hangs on it. */
class Events {
  state = $state.raw<StreamState>(start)
  #listeners = new Set<Listener>()
  #refreshers = new Set<() => void>()
  #source?: EventSource
  #timer?: ReturnType<typeof setTimeout>

  open() {
    if (this.#source) return
    // whoever opens the stream must not be run again by every event
    const after = untrack(() => resumeAfter(this.state))
    const source = (this.#source = new EventSource(address('/events', { after })))
    source.addEventListener('hello', (e) => this.#take({ type: 'hello', seq: Number((e as MessageEvent).lastEventId) || 0 }))
    source.addEventListener('lost', () => this.#take({ type: 'lost' }))
    source.onmessage = (e) => this.#take({ type: 'event', event: JSON.parse(e.data) as RondoEvent })
    source.onerror = () => this.#broken()
  }

  close() {
    clearTimeout(this.#timer)
    this.#source?.close()
    this.#source = undefined
  }

  /** on calls fn for each event, until the returned function is called. */
  on(fn: Listener): () => void {
    this.#listeners.add(fn)
    return () => this.#listeners.delete(fn)
  }

  /** onStale calls fn when events were missed. */
  onStale(fn: () => void): () => void {
    this.#refreshers.add(fn)
    return () => this.#refreshers.delete(fn)
  }

  #take(input: StreamInput) {
    const out = step(this.state, input)
    this.state = out.state
    if (out.event) for (const fn of this.#listeners) fn(out.event)
    if (out.stale) for (const fn of this.#refreshers) fn()
  }

  // The browser would retry at a fixed pace and give up on some answers; this does neither.
  #broken() {
    this.close()
    this.#take({ type: 'broken' })
    this.#timer = setTimeout(() => this.open(), backoff(this.state.attempts))
  }
}

export const events = new Events()
