import { describe, expect, it } from 'vitest'
import { bars, outline, shares } from '$lib/charts/bins'
import { scaleOf } from '$lib/charts/interval'
import { align, smooth } from '$lib/charts/series'
import { ticks } from '$lib/charts/ticks'
import { rates, some } from '$features/endpoints/rate'
import { first, kindOf, row } from '$features/endpoints/inputs'
import { lead, tracks } from '$features/monitors/monitor'
import { layers, layout } from '$lib/charts/flow/layout'
import { pairs } from '$features/pipeline/pairs'
import { matrix } from '$lib/charts/matrix'
import { places } from '$features/endpoints/inputs'
import { target } from '$lib/ui/roving'

describe('series', () => {
  it('share one axis; what is missing stays undefined', () => {
    const s = (x: number[], y: number[]) => ({ label: '', x, y, color: '' })
    expect(align([s([0, 2], [1, 3]), s([1, 2], [5, 6])])).toEqual([[0, 1, 2], [1, undefined, 3], [undefined, 5, 6]])
  })
  it('smoothing begins at the first value and leaves gaps', () => {
    const out = smooth([1, null, 1, 5], 0.9)
    expect(out[0]).toBeCloseTo(1)
    expect(out[1]).toBeNull()
    expect(out[3]).toBeGreaterThan(1)
    expect(out[3]).toBeLessThan(5)
  })
})

describe('histograms', () => {
  it('give the highest bar the whole height and show the smallest', () => {
    const [a, b, c] = bars([1000, 1, 0], 300, 100)
    expect([a!.h, b!.h, c!.h]).toEqual([100, 1, 0])
  })
  it('compare shares, so that sides of different size are alike', () => {
    expect(shares([10, 30])).toEqual(shares([1, 3]))
    expect(shares([0, 0])).toEqual([0, 0])
  })
  it('draw a stepped outline', () => expect(outline([0, 1], 10, 10, 1)).toBe('M0 10H5L5 0H10'))
})

it('interval scales keep zero and every value in sight', () => {
  const s = scaleOf([0.03, 0.09])
  expect(s.at(0)).toBeGreaterThan(0)
  expect(s.at(0.09)).toBeLessThan(100)
  expect(scaleOf([0]).at(0)).toBeGreaterThan(0)
})

it('traffic is per second, without the stretch that has not ended', () => {
  const at = (s: number) => new Date(s * 1000).toISOString()
  const points = [[0, 20], [10, 5], [10, 9], [20, 99]].map(([s, requests]) => ({ at: at(s!), requests: requests!, errors: 0, mean_us: 1 }))
  expect(rates(points)).toMatchObject({ x: [0, 10_000], requests: [2, 0.9] })
})

it('axes keep so many labels that they do not touch', () => expect(some([1, 2, 3, 4, 5], 2)).toEqual([1, undefined, undefined, 4, undefined]))

it('axes show the clock within a day and days beyond', () => {
  const day = 86_400_000
  expect(ticks([0, day / 4], 'en')[0]).toMatch(/\d\d:\d\d/)
  expect(ticks([0, day * 3], 'en')[0]).toMatch(/[A-Z][a-z]+ \d+/)
})

describe('the playground', () => {
  const columns = [{ name: 'x', type: 'double' }, { name: 'n', type: 'long' }, { name: 'ok', type: 'boolean' }, { name: 's', type: 'string' }, { name: 'opt', type: 'double', required: false }]
  it('knows what a column takes', () => expect(columns.map(kindOf)).toEqual(['number', 'whole', 'flag', 'text', 'number']))
  it('starts from the example', () => expect(first(columns[0]!, { x: 1.5 })).toBe('1.5'))
  it('sends numbers as numbers, and nonsense as it is, for the server to name', () => {
    expect(row(columns, { x: '1e-3', n: '7', ok: 'true', s: '', opt: '' })).toEqual({ x: 0.001, n: 7, ok: true, s: '' })
    expect(row(columns, { x: 'wet', n: '', ok: 'false', s: 'a' })).toEqual({ x: 'wet', ok: false, s: 'a' })
    expect(row([{ name: 'v', type: 'double' }], { v: '[1, 2]' })).toEqual({ v: [1, 2] })
  })
})

describe('monitors', () => {
  it('speak of the effect that goes furthest towards its threshold', () => {
    const effects = [{ measure: 'psi', value: 9, reached: false }, { measure: 'ks', value: 0.2, threshold: 0.25, reached: false }, { measure: 'js', value: 0.2, threshold: 0.1, reached: true }]
    expect(lead({ effects } as never)?.measure).toBe('js')
  })
  it('draw columns over windows, oldest first', () => {
    const w = (number: number, effect: number) => ({ number, brief: [{ name: 'wind', effect, threshold: 0.25 }] }) as never
    expect(tracks([w(2, 0.4), w(1, 0.1)]).values.get('wind')).toEqual([0.1, 0.4])
  })
})

describe('the graph', () => {
  const s = (name: string, ...upstream: string[]) => ({ name, upstream })
  it('puts a stage behind all it depends on', () => {
    expect(layers([s('evaluate', 'train', 'prepare'), s('prepare'), s('train', 'prepare')])).toEqual([['prepare'], ['train'], ['evaluate']])
  })
  it('ends although stages form a circle or name what is not there', () => {
    expect(layers([s('a', 'b'), s('b', 'a'), s('c', 'nowhere')]).flat().sort()).toEqual(['a', 'b', 'c'])
  })
  it('draws an edge for every dependency', () => expect(layout([s('a'), s('b', 'a'), s('c', 'a', 'b')], { width: 200, height: 60, gapX: 40, gapY: 14 }).edges).toHaveLength(3))
  it('reads params a line at a time', () => expect(pairs('a.b = 1\n\nno\nc=x=y')).toEqual({ 'a.b': '1', c: 'x=y' }))
})

it('arrow keys stop at the ends of a list', () => expect([target('ArrowDown', 2, 3), target('k', 0, 3), target('End', 0, 3), target('x', 0, 3)]).toEqual([2, 0, 2, undefined]))

describe('a table of metrics', () => {
  it('sets parts beside the whole that they are parts of', () => {
    const m = matrix({ accuracy: 0.8, 'accuracy/Seattle': 0.9, f1: 0.7, 'f1/Seattle': 0.6, 'f1/class 0': 0.5, rows: 3 })
    expect(m.parts).toEqual(['Seattle', 'class 0'])
    expect(m.rows).toEqual([
      { key: 'accuracy', values: [0.8, 0.9, undefined] },
      { key: 'f1', values: [0.7, 0.6, 0.5] },
      { key: 'rows', values: [3, undefined, undefined] },
    ])
  })
  it('leaves alone what has no whole', () => expect(matrix({ 'val/loss': 1, 'train/loss': 2 }).rows.map((r) => r.key)).toEqual(['train/loss', 'val/loss']))
})

it('gives every column of captures the decimals it needs', () => expect(places([{ inputs: { day: 3, wind: 1.25 } }, { inputs: { day: 4, wind: 1.23456 } }], ['day', 'wind'])).toEqual({ day: 0, wind: 3 }))
