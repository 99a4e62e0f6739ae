import { describe, expect, it } from 'vitest'
import { address, seg } from '$lib/api/client'
import { match, parse, to } from '$lib/route'
import { read } from '../../src/shell/keys'
import { rank } from '../../src/shell/commands'

describe('addresses', () => {
  it('reads a path and a query out of a hash', () => {
    const at = parse('#/data/my%20set/2?tab=rows&q=a%3Fb')
    expect(at.parts).toEqual(['data', 'my set', '2'])
    expect(at.query.get('q')).toBe('a?b')
  })
  it('leads home where the hash is damaged', () => expect(parse('#/data/%E0%A4%A').parts).toEqual([]))
  it('matches patterns of the same length only', () => {
    expect(match('runs/:id', ['runs', 'abc'])).toEqual({ id: 'abc' })
    expect(match('runs/:id', ['runs'])).toBeUndefined()
    expect(match('', [])).toEqual({})
  })
  it('writes links that it reads back', () => expect(parse(to('models', 'a/b', 2)).parts).toEqual(['models', 'a/b', '2']))
  it('leaves out what is empty, and makes names safe', () => {
    expect(address('/runs', { filter: '', page: undefined, ids: ['a', 'b'], n: 0 })).toBe('/api/v1/runs?ids=a%2Cb&n=0')
    expect(seg('a/../b')).toBe('a%2F..%2Fb')
  })
})

describe('keys', () => {
  const press = (key: string, more = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, ...more })
  it('opens the palette even while typing', () => expect(read(press('k', { metaKey: true }), true, false)).toEqual({ do: 'palette' }))
  it('leaves letters alone while typing', () => expect(read(press('g'), true, false)).toBeUndefined())
  it('goes where g and a letter lead', () => {
    expect(read(press('g'), false, false)).toEqual({ do: 'leader' })
    expect(read(press('m'), false, true)).toEqual({ go: '/models' })
    expect(read(press('z'), false, true)).toBeUndefined()
  })
})

describe('the palette', () => {
  const list = [{ text: 'Monitors' }, { text: 'Models' }, { text: 'Switch between light and dark' }]
  it('prefers the start of a word', () => expect(rank(list, 'mo').map((c) => c.text)).toEqual(['Monitors', 'Models']))
  it('takes letters in order as a last resort', () => expect(rank(list, 'mdls').map((c) => c.text)).toEqual(['Models']))
  it('shows all where nothing is typed', () => expect(rank(list, ' ')).toHaveLength(3))
})
