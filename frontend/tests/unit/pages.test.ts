import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Pages } from '$lib/ui/pages.svelte'

interface Asked {
  from: number
  most: number
  signal: AbortSignal
  answer: (rows: number[]) => Promise<void>
}

/** list is 1,000 numbers in pages of 100, of which the first came, and what was asked for. */
function list() {
  const asked: Asked[] = []
  const left = new AbortController()
  const ask = (from: number, most: number, signal: AbortSignal) =>
    new Promise<number[]>((done, failed) => {
      signal.addEventListener('abort', () => failed(new Error('aborted')))
      asked.push({ from, most, signal, answer: async (rows) => (done(rows), await vi.advanceTimersByTimeAsync(0)) })
    })
  return { asked, left, pages: new Pages<number>(100, 1000, numbers(0, 100), ask, left.signal) }
}
const numbers = (from: number, n: number) => Array.from({ length: n }, (_, i) => from + i)
const places = (asked: Asked[]) => asked.map((a) => [a.from, a.most])

describe('the pages of a long list', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('come at once when they are scrolled to', async () => {
    const { asked, pages } = list()
    pages.see(80, 120)
    expect(places(asked)).toEqual([[100, 100]])
    expect(pages.at(150)).toBeUndefined()
    await asked[0]!.answer(numbers(100, 100))
    expect([pages.at(99), pages.at(150)]).toEqual([99, 150])
    pages.see(80, 120)
    expect(asked).toHaveLength(1)
  })

  it('are not asked for where they are only passed', async () => {
    const { asked, pages } = list()
    for (const at of [300, 500, 700]) pages.see(at, at + 40)
    await vi.advanceTimersByTimeAsync(1000)
    expect(places(asked)).toEqual([[700, 100]])
  })

  it('are given up when they are left, and asked for anew when they are seen again', async () => {
    const { asked, pages } = list()
    pages.see(90, 110)
    pages.see(0, 20)
    expect(asked[0]!.signal.aborted).toBe(true)
    pages.see(90, 110)
    expect(places(asked)).toEqual([[100, 100], [100, 100]])
    await asked[1]!.answer(numbers(100, 100))
    expect(pages.at(100)).toBe(100)
  })

  it('come in parts where an answer is shorter than what was asked for', async () => {
    const { asked, pages } = list()
    pages.see(90, 110)
    await asked[0]!.answer(numbers(100, 30))
    expect([pages.at(129), pages.at(130)]).toEqual([129, undefined])
    expect(places(asked).at(-1)).toEqual([130, 70])
    await asked[1]!.answer(numbers(130, 70))
    expect([pages.at(199), asked.length]).toEqual([199, 2])
  })

  it('end with their page', () => {
    const { asked, left, pages } = list()
    pages.see(90, 110)
    left.abort()
    expect(asked[0]!.signal.aborted).toBe(true)
  })
})
