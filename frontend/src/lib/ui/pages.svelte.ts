import { SvelteMap } from 'svelte/reactivity'

/** Ask brings rows of a long list; where they are large, fewer than were asked for. */
type Ask<T> = (from: number, most: number, signal: AbortSignal) => Promise<T[]>

const passing = 60 // ms that rows must be in view after a jump: what is only passed is not asked for

/** Pages are parts of a long list that come when they are seen. What is left behind while it comes is given up. */
export class Pages<T> {
  readonly #size: number
  readonly #total: number
  readonly #ask: Ask<T>
  readonly #signal: AbortSignal
  #known = new SvelteMap<number, T[]>()
  #asked = new Map<number, AbortController>()
  #timer?: ReturnType<typeof setTimeout>

  /** signal ends all of it; first are the rows that came with the total. */
  constructor(size: number, total: number, first: T[], ask: Ask<T>, signal: AbortSignal) {
    this.#size = size
    this.#total = total
    this.#ask = ask
    this.#signal = signal
    this.#known.set(0, first)
  }

  /** at is a row, from 0; undefined while it has not come. */
  at(i: number): T | undefined {
    return this.#known.get(Math.floor(i / this.#size))?.[i % this.#size]
  }

  /** see asks for what is not there yet of some rows, and no longer for others. */
  see(from: number, to: number) {
    const [first, last] = [from, to].map((i) => Math.floor(i / this.#size)) as [number, number]
    for (const [page, c] of this.#asked) if (page < first || page > last) this.#leave(page, c)
    clearTimeout(this.#timer)
    const seen = Array.from({ length: last - first + 1 }, (_, i) => first + i)
    const lacking = seen.filter((page) => !this.#whole(page) && !this.#asked.has(page))
    const load = () => lacking.forEach((page) => void this.#load(page))
    if (seen.some((page) => this.#known.has(page))) load()
    else if (lacking.length) this.#timer = setTimeout(load, passing)
  }

  #leave(page: number, c: AbortController) {
    c.abort()
    this.#asked.delete(page)
  }

  #length = (page: number) => Math.min(this.#size, this.#total - page * this.#size)
  #whole = (page: number) => (this.#known.get(page)?.length ?? 0) >= this.#length(page)

  async #load(page: number) {
    const c = new AbortController()
    this.#asked.set(page, c)
    const signal = AbortSignal.any([this.#signal, c.signal])
    try {
      while (!this.#whole(page)) {
        const rows = this.#known.get(page) ?? []
        const more = await this.#ask(page * this.#size + rows.length, this.#length(page) - rows.length, signal)
        if (!more.length) break
        this.#known.set(page, [...rows, ...more])
      }
    } catch {
      // given up, or failed: the next look asks again
    }
    if (this.#asked.get(page) === c) this.#asked.delete(page)
  }
}
