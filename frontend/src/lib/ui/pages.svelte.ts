import { SvelteMap } from 'svelte/reactivity'

/** Pages are parts of a long list that come when they are seen. */
export class Pages<T> {
  readonly size: number
  #ask: (page: number) => Promise<T[]>
  #known = new SvelteMap<number, T[]>()

  constructor(size: number, ask: (page: number) => Promise<T[]>, first: T[]) {
    this.size = size
    this.#ask = ask
    this.#known.set(0, first)
  }

  /** at is a row, from 0; undefined while it has not come. */
  at(i: number): T | undefined {
    return this.#known.get(Math.floor(i / this.size))?.[i % this.size]
  }

  /** see asks for what is not there yet of some rows. */
  see(from: number, to: number) {
    for (let p = Math.floor(from / this.size); p <= Math.floor(to / this.size); p++) if (!this.#known.has(p)) void this.#load(p)
  }

  async #load(page: number) {
    this.#known.set(page, [])
    try {
      this.#known.set(page, await this.#ask(page))
    } catch {
      this.#known.delete(page) // the next look asks again
    }
  }
}
