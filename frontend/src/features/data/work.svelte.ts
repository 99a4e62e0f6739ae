import { events } from '$lib/api/events.svelte'
import { Doing } from '$lib/ui/doing.svelte'

/** Progress is how far long work on data has come, as the server's events tell it. */
export interface Progress {
  dataset?: string
  verb: string
  files: number // objects where the whole store is meant, or a remote
  bytes: number
  of_files?: number
  of_bytes?: number
  seconds: number
  left?: number // seconds
  note?: string // why it takes longer just now
}

/** Work is long work on data: how far it has come, why it failed, and the way to give it up. */
export class Work extends Doing {
  progress = $state.raw<Progress>()
  givenUp = $state(false)
  readonly about?: string // the dataset that it is work on; empty: all of them
  #controller = new AbortController()

  constructor(about?: string) {
    super()
    this.about = about
  }

  /** follow does the work that the events call verb; it returns undefined where it failed or was given up. */
  async follow<T>(verb: string, act: (signal: AbortSignal) => Promise<T>, done?: string): Promise<T | undefined> {
    const { signal } = (this.#controller = new AbortController())
    this.givenUp = false
    this.progress = undefined
    const off = events.on((e) => {
      const p = e.kind === 'data.progress' ? (e.data as Progress) : undefined
      if (p?.verb === verb && this.#concerns(p)) this.progress = p
    })
    const out = await this.run(() => act(signal), done)
    off()
    if (signal.aborted) {
      this.error = undefined
      this.givenUp = true
    }
    return out
  }

  // An import is told of by its file: what will be the dataset's name is not known yet.
  #concerns = (p: Progress) => !this.about || p.verb === 'import' || p.dataset === this.about

  /** cancel gives the work up; the server notices that nobody waits for it any more. */
  cancel = () => this.#controller.abort()
}

const going = new Map<string, Work>()

/** workOn is the work on a dataset: that which goes on, where a page of it is left and opened again. */
export function workOn(name: string): Work {
  const known = going.get(name)
  if (known?.busy) return known
  const work = new Work(name)
  going.set(name, work)
  return work
}

/** share is how much of the work is done, from 0 to 1; undefined where nobody can tell yet. A file costs as much as 64 KiB, as the server counts. */
export function share(p: Progress | undefined): number | undefined {
  if (!p?.of_files) return undefined
  return Math.min(1, (p.files * 65536 + p.bytes) / (p.of_files * 65536 + (p.of_bytes ?? 0)))
}
