import { describe, expect, it } from 'vitest'
import { nameOf, shorter, waysOut } from '$features/data/damage'
import { shade } from '$features/data/associations'
import { page, related, size, steps } from '$features/data/lineage'
import { layout } from '$lib/charts/flow/layout'
import type { Lineage, LineageNode } from '$lib/api/types'

describe('the colour of a coefficient', () => {
  it('grows with its size, whichever its sign', () => {
    expect(shade(0)).toBe('0%')
    expect(shade(-1)).toBe(shade(1))
    expect(parseInt(shade(0.9))).toBeGreaterThan(parseInt(shade(-0.5)))
  })
  it('leaves the number readable', () => expect(parseInt(shade(7))).toBeLessThanOrEqual(45))
  it('is none where the coefficient is not defined', () => {
    expect(shade(null)).toBe('0%')
    expect(shade(undefined)).toBe('0%')
    expect(shade(NaN)).toBe('0%')
  })
})

const node = (id: string, kind: string, name = id, ...parts: string[]): LineageNode => ({ id, kind, name, parts })

describe('the lineage of a snapshot', () => {
  const l: Lineage = {
    of: 's',
    nodes: [node('s', 'snapshot'), node('made', 'stage'), node('raw', 'snapshot'), node('train', 'stage'), node('v', 'version'), node('run', 'run')],
    edges: [{ from: 'raw', to: 'made' }, { from: 'made', to: 's' }, { from: 's', to: 'train' }, { from: 'train', to: 'v' }, { from: 's', to: 'run' }],
  }
  it('lays what it was made of to the left of it, and what was made with it to the right', () => {
    const x = new Map(layout(steps(l), size).nodes.map((n) => [n.name, n.x]))
    expect(['raw', 'made', 's', 'train', 'v'].map((id) => x.get(id))).toEqual([0, 1, 2, 3, 4].map((i) => i * (size.width + size.gapX)))
    expect(x.get('run')).toBe(x.get('train'))
  })
  it('tells what a node stands on and what stands on it from the rest', () => {
    expect(related(l, 'train')).toEqual(new Set(['train', 's', 'made', 'raw', 'v']))
    expect(related(l, 'run').has('v')).toBe(false)
  })
  it('ends on a circle', () => expect(related({ ...l, edges: [{ from: 's', to: 'made' }, { from: 'made', to: 's' }] }, 's').size).toBe(2))
  it('leads to the page of each kind, and to no address that is none', () => {
    expect(page(node('', 'snapshot', 'raw@4', 'raw', '4'))).toBe('#/data/raw/4?tab=lineage')
    expect(page(node('', 'stage', 'train', 'abc'))).toBe('#/pipeline/abc')
    expect(page(node('', 'evaluation', 'passed', 'weather', '2'))).toBe('#/models/weather/2')
    expect(page(node('', 'origin', 'https://example.org/a.csv'))).toBe('https://example.org/a.csv')
    expect(page(node('', 'origin', 'javascript:alert(1)'))).toBeUndefined()
  })
})

describe('what is damaged', () => {
  const digest = (letter: string) => letter.repeat(64)
  const pack = (letter: string) => ({ file: `packs/${digest(letter)}.pack`, message: `object 1 in packs/${digest(letter)}.pack is damaged`, hint: `put back ${digest(letter)}.pack from a backup` })
  it('is named once, and briefly', () => expect([nameOf(pack('a')), shorter(pack('a').message), nameOf({ file: 'many@1', message: 'an object is missing' })]).toEqual(['', 'object 1 in packs/aaaaaaaaaaaa….pack is damaged', 'many@1']))
  it('is shortened wherever a digest stands, also one of git', () => {
    const commit = 'c'.repeat(40)
    expect(shorter(`${commit} needs ${digest('a')} and ${digest('b')}`)).toBe('cccccccccccc… needs aaaaaaaaaaaa… and bbbbbbbbbbbb…')
    expect(nameOf({ file: `packs/${digest('a')}.pack`, message: 'it is cut short' })).toBe('packs/aaaaaaaaaaaa….pack')
    expect(nameOf({ file: 'packs/x.pack', message: 'pack x.pack is damaged' })).toBe('')
  })
  it('has each way out once', () => expect(waysOut([pack('a'), pack('b'), { file: 'x', message: 'y' }])).toEqual(['put back ….pack from a backup']))
})
