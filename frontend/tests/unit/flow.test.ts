import { describe, expect, it } from 'vitest'
import { layout } from '$lib/charts/flow/layout'
import { beside, first, fit, near } from '$lib/charts/flow/view'

const size = { width: 100, height: 40, gapX: 20, gapY: 10 }
const boxes = [
  { name: 'raw', upstream: [] },
  { name: 'other', upstream: [] },
  { name: 'clean', upstream: ['raw'] },
  { name: 'train', upstream: ['clean', 'other'] },
  { name: 'last', upstream: ['train'] },
]

describe('a drawing that has no room', () => {
  it('shows one box with what it comes from and what comes from it', () => expect(near(boxes, 'train').map((b) => b.name)).toEqual(['other', 'clean', 'train', 'last']))
  it('begins with all of its width, as long as that can be read', () => {
    expect(first(400, 800)).toBe(1)
    expect(first(1000, 900)).toBe(0.9)
    expect(first(5000, 900)).toBe(0.75)
    expect(first(400, 0)).toBe(1)
  })
  it('is made as small as it must be, and no smaller than can be seen', () => {
    expect(fit({ width: 2000, height: 500 }, { width: 1000, height: 400 })).toBe(0.5)
    expect(fit({ width: 90_000, height: 500 }, { width: 1000, height: 400 })).toBe(0.2)
  })
  it('is gone through with the arrow keys', () => {
    const drawn = layout(boxes, size)
    expect(beside(drawn, 'raw', 'ArrowRight')).toBe('clean')
    expect(beside(drawn, 'raw', 'ArrowDown')).toBe('other')
    expect(beside(drawn, 'train', 'ArrowRight')).toBe('last')
    expect(beside(drawn, 'last', 'ArrowRight')).toBeUndefined()
    expect(beside(drawn, 'raw', 'Enter')).toBeUndefined()
  })
  it('has the boxes of a layer in the order of those that they come from', () => {
    const crossed = [{ name: 'a', upstream: [] }, { name: 'b', upstream: [] }, { name: 'of b', upstream: ['b'] }, { name: 'of a', upstream: ['a'] }]
    const at = new Map(layout(crossed, size).nodes.map((n) => [n.name, n.y]))
    expect(at.get('of a')).toBe(at.get('a'))
    expect(at.get('of b')).toBe(at.get('b'))
  })
})
