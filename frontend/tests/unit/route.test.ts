import { describe, expect, it } from 'vitest'
import { address, fill } from '$lib/api/client'
import { ours } from '$lib/mlflow'
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
    expect(fill('/models/{name}/aliases/{alias}', { name: 'a/../b', alias: 'x', reason: 'why?' })).toBe('/api/v1/models/a%2F..%2Fb/aliases/x?reason=why%3F')
  })
})

describe('addresses that the mlflow client prints', () => {
  const of = (hash: string) => ours(parse(hash))
  it('lead to the run', () => expect(of('#/experiments/0/runs/4f1c')).toBe('/runs/4f1c'))
  it('lead to the tab of the run', () => {
    expect(of('#/experiments/0/runs/4f1c/system-metrics')).toBe('/runs/4f1c?tab=system')
    expect(of('#/experiments/0/runs/4f1c/artifacts/plots/roc.png')).toBe('/runs/4f1c?tab=artifacts&file=plots%2Froc.png')
  })
  it('lead to the runs of the experiment', () => {
    expect(of('#/experiments/12')).toBe('/runs?experiment=12')
    expect(of('#/experiments/12/traces')).toBe('/traces?experiment=12')
    expect(of('#/experiments/12/traces?selectedEvaluationId=tr-4f')).toBe('/traces/tr-4f')
    expect(of('#/experiments/12?searchFilter=metrics.a%20%3E%201')).toBe('/runs?experiment=12&q=metrics.a+%3E+1')
  })
  it('lead to the version of the model', () => expect(of('#/models/my%20model/versions/3')).toBe('/models/my%20model/3'))
  it('lead to the comparison', () => {
    expect(of('#/compare-runs?runs=["a","b"]&experiments=["0"]')).toBe('/compare?ids=a%2Cb')
    expect(of('#/compare-runs?runs=nonsense')).toBe('/compare')
  })
  it('are told from our own', () => {
    for (const own of ['#/', '#/runs/4f1c', '#/models/weather', '#/models/weather/2', '#/compare?ids=a']) expect(of(own)).toBeUndefined()
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
