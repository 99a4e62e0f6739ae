import { describe, expect, it } from 'vitest'
import type { DvcExperiment, TrackedItem, TrackedState } from '$lib/api/types'
import { keysOf, told } from '$features/data/experiments'
import { chosen, written } from '$features/data/figures'
import { byPath, differs, look, parted, quoted, ways, whichOf } from '$features/data/tracked'
import { t } from '$lib/i18n/index.svelte'

const item = (more: Partial<TrackedItem> = {}): TrackedItem => ({ path: 'data/a.csv', by: 'data/a.csv.dvc', stage: false, stage_name: '', kind: 'outs', folder: false, no_cache: false, ...more })
const state = (state: string, cache = 'whole'): TrackedState => ({ path: 'data/a.csv', state, cache, lacks: 0 })
const commands = (i: TrackedItem, s: TrackedState) => ways(i, s).map((w) => w.command)

describe('what DVC tracks', () => {
  it('has a folder and a name', () => expect(['a.csv', 'data/a.csv', 'data/raw/images/'].map(parted)).toEqual([['', 'a.csv'], ['data/', 'a.csv'], ['data/raw/', 'images/']]))
  it('shows every word that the server has', () => {
    for (const word of ['unchanged', 'modified', 'missing', 'unrecorded', 'versioned', 'unreadable', 'new', 'whole', 'there', 'uncached']) expect(t(look(word)!.text)).not.toBe('')
    expect(look('what is this')).toBeUndefined()
  })
  it('finds the state of a path, also before any is known', () => {
    expect(byPath([state('modified')]).get('data/a.csv')?.state).toBe('modified')
    expect(byPath(undefined).size).toBe(0)
  })
  it('has nothing to do for what is as recorded', () => expect(commands(item(), state('unchanged'))).toEqual([]))
  it('records, or takes back, what was changed', () => expect(commands(item(), state('modified'))).toEqual(['rondo data commit data/a.csv', 'rondo data checkout data/a.csv']))
  it('fetches before it takes back what the cache lacks', () => expect(commands(item(), state('missing', 'missing'))).toEqual(['rondo data fetch data/a.csv', 'rondo data checkout data/a.csv']))
  it('runs the stage of what has never been made', () => expect(commands(item({ stage: true, by: 'sub/dvc.yaml:train', stage_name: 'sub-train' }), state('unrecorded', 'unrecorded'))).toEqual(['rondo repro sub-train']))
  it('takes nothing back from a cache that keeps nothing', () => expect(commands(item({ no_cache: true }), state('missing', 'uncached'))).toEqual([]))
  it('asks the origin of an import', () => expect(commands(item({ origin: { kind: 'address', frozen: true } }), state('unchanged'))).toEqual(['rondo data update data/a.csv.dvc']))
  it('leaves a database to dvc', () => expect(commands(item({ origin: { kind: 'query', frozen: true } }), state('unchanged'))).toEqual(['dvc update data/a.csv.dvc']))
  it('brings an import that was only noted', () => expect(commands(item({ origin: { kind: 'address', frozen: true } }), state('unrecorded', 'unrecorded'))).toEqual(['rondo data pull data/a.csv', 'rondo data update data/a.csv.dvc']))
  it.each([['data/a.csv', 'data/a.csv'], ["it's.csv", `'it'\\''s.csv'`], ['a b', "'a b'"], ['-x', "'./-x'"], ['데이터', "'데이터'"], ['$(rm)', "'$(rm)'"]])('writes %s as one word', (path, word) => expect(quoted(path)).toBe(word))
})

describe('what is looked for among what DVC tracks', () => {
  const items = [item(), item({ path: 'data/b.csv', by: 'train' })]
  const states = new Map([['data/b.csv', state('modified')], ['data/a.csv', state('unchanged')]])
  it('is found by path or stage', () => expect([whichOf(items, 'A.CSV'), whichOf(items, ' train '), whichOf(items, 'zzz')].map((l) => l.map((x) => x.path))).toEqual([['data/a.csv'], ['data/b.csv'], []]))
  it('is what differs, where that is asked for', () => expect(whichOf(items, '', states).map((x) => x.path)).toEqual(['data/b.csv']))
  it.each([['unchanged', 'whole', false], ['versioned', 'versioned', false], ['unchanged', 'uncached', false], ['unchanged', 'partly', true], ['missing', 'whole', true], ['unrecorded', 'unrecorded', true]])('%s in the folder, %s in the cache: %s', (word, cache, is) => expect(differs(state(word, cache))).toBe(is))
  it('is not known before it was read', () => expect(differs(undefined)).toBe(false))
})

describe('experiments', () => {
  const exp = (params: Record<string, string>, acc: number): DvcExperiment => ({ name: 'x', commit: 'c', baseline: 'b', at: '', params, metrics: { acc, same: 1 } })
  const list = [exp({ 'train.lr': '0.1', seed: '1' }, 0.5), exp({ 'train.lr': '0.2', seed: '1' }, 0.6)]
  it('have a column for each leaf, what differs first', () => expect(keysOf(list).map((k) => k.name)).toEqual(['acc', 'train.lr', 'same', 'seed']))
  it('say what they have, and that they have none', () => expect(keysOf([...list, exp({}, 0)]).map((k) => told(exp({ seed: '7' }, 0.25), k))).toEqual(['0.25', '7', '–', '1']))
})

describe('the revisions in an address', () => {
  it('are the usual ones where none are named', () => expect(chosen('')).toEqual(['HEAD', 'workspace']))
  it('leaves out those, too', () => expect(written(['HEAD', 'workspace'])).toBeUndefined())
  it.each([[['v1', 'main']], [['try,first', 'v1']], [[',', ',,a', 'b,']]])('come back as they were: %j', (revs) => expect(chosen(written(revs)!)).toEqual(revs))
  it('stand once', () => expect(chosen('v1,,v1,')).toEqual(['v1']))
})
