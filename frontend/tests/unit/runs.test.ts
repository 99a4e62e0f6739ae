import { describe, expect, it } from 'vitest'
import type { Run } from '$lib/api/types'
import { available, load, orderBy, save, split, suggested } from '$features/runs/columns'
import { words } from '$features/runs/command'
import { parseDiff } from '$features/runs/diff'
import { kindOfFile } from '$lib/files'
import { check, isFilter, toFilter } from '$features/runs/filter'
import { merge, sections } from '$features/runs/merge'
import { plainLine, Tail } from '$features/runs/tail'

const run = (id: string, more: Partial<Run> = {}): Run => ({ id, experiment_id: '0', name: id, kind: 'client', status: 'FINISHED', lifecycle: 'active', params: {}, metrics: {}, tags: {}, ...more })
const metric = (value: number) => ({ key: '', value, step: 0, time: 0, min: value, max: value })

describe('the filter', () => {
  it.each(["metrics.accuracy > 0.8", "metrics.`val loss` <= 1e-3 and params.solver = 'lbfgs'", "attributes.status != 'FAILED'", "tags.note ILIKE '%both%'", "run_name LIKE 'a%'", "attributes.run_id IN ('a', 'b')", "params.x IS NULL", "params.x IS NOT NULL and metrics.y = -1.5"])('takes %s', (f) => {
    expect(isFilter(f)).toBe(true)
    expect(check(f)).toBeUndefined()
  })
  it.each([
    ["params.a = 'x", { code: 'quote' }],
    ['metrics.a >', { code: 'value', near: 'metrics.a >' }],
    ['metrics.a > 1 metrics.b < 2', { code: 'and', near: 'metrics.b' }],
    ['accuracy > 1', { code: 'field', near: 'accuracy' }],
    ['metrics.a > 1 and', { code: 'field', near: 'and' }],
    ["metrics.a 'x' = 1", { code: 'compare', near: 'metrics.a' }],
  ])('says what is wrong with %s', (f, slip) => expect(check(f)).toEqual(slip))
  it('takes a plain word for a part of a name', () => {
    expect(toFilter(" it's ")).toBe("attributes.run_name ILIKE '%it''s%'")
    expect(toFilter('')).toBe('')
    expect(toFilter('metrics.a > 1')).toBe('metrics.a > 1')
  })
  it('does not take names with hyphens or the word in for filters', () => expect(isFilter('calm-drizzle-4')).toBe(false))
})

describe('columns', () => {
  const runs = [run('a', { params: { lr: '1', seed: '7' }, metrics: { loss: metric(1) }, tags: { 'mlflow.user': 'x', note: 'n' } }), run('b', { params: { lr: '2', seed: '7' } })]
  it('finds what runs have, without MLflow’s own tags', () => expect(available(runs)).toEqual({ params: ['params.lr', 'params.seed'], metrics: ['metrics.loss'], tags: ['tags.note'] }))
  it('suggests metrics and the params that differ', () => {
    expect(suggested(runs)).toContain('params.lr')
    expect(suggested(runs)).not.toContain('params.seed')
  })
  it('keeps dots in keys', () => expect(split('params.train.l2')).toEqual({ group: 'params', key: 'train.l2' }))
  it('sorts in the server’s grammar', () => {
    expect(orderBy({ id: 'metrics.val loss', down: true })).toBe('metrics.`val loss` DESC')
    expect(orderBy({ id: 'attributes.start_time', down: false })).toBe('attributes.start_time ASC')
    expect(orderBy({ id: 'attributes.duration', down: false })).toBeUndefined()
  })
  it('remembers a choice and survives damaged memory', () => {
    const box = new Map<string, string>()
    const storage = { getItem: (k: string) => box.get(k) ?? null, setItem: (k: string, v: string) => void box.set(k, v), removeItem: (k: string) => void box.delete(k) }
    save(['metrics.loss'], storage)
    expect(load(storage)).toEqual(['metrics.loss'])
    box.set('rondo.runs.columns', '{"not":"a list"}')
    expect(load(storage)).toBeUndefined()
    save(undefined, storage)
    expect(box.size).toBe(0)
  })
})

describe('live runs', () => {
  it('replaces what changed, in place, and drops what was deleted', () => {
    const out = merge([run('a'), run('b'), run('c')], [run('b', { status: 'FAILED' }), run('c', { lifecycle: 'deleted' })])
    expect(out.map((r) => [r.id, r.status])).toEqual([['a', 'FINISHED'], ['b', 'FAILED']])
  })
  it('shows only what differs', () => {
    const rows = [
      { group: 'param', key: 'x', values: ['1', '2'], same: false },
      { group: 'param', key: 'y', values: ['1', '1'], same: true },
      { group: 'tag', key: 'z', values: ['1', '1'], same: true },
    ]
    expect(sections(rows, true).map((s) => s.rows.length)).toEqual([1, 0])
    expect(sections(rows, false).map((s) => s.rows.length)).toEqual([2, 1])
  })
})

describe('the log', () => {
  it('joins pieces that end in the middle of a line', () => {
    const t = new Tail()
    expect(t.add({ offset: 0, text: 'one\ntw' })).toBe(true)
    expect(t.lines).toEqual(['one', 'tw'])
    t.add({ offset: 6, text: 'o\nthree\n' })
    expect(t.lines).toEqual(['one', 'two', 'three'])
  })
  it('takes overlapping pieces once and refuses gaps', () => {
    const t = new Tail()
    t.add({ offset: 0, text: 'abc\n' })
    t.add({ offset: 2, text: 'c\nde\n' })
    expect(t.lines).toEqual(['abc', 'de'])
    expect(t.add({ offset: 99, text: 'x' })).toBe(false)
    expect(t.add({ offset: 0, text: 'abc\n' })).toBe(true)
    expect(t.lines).toEqual(['abc', 'de'])
  })
  it('counts bytes, not letters', () => {
    const t = new Tail()
    t.add({ offset: 0, text: '비\n' })
    expect(t.end).toBe(4)
    t.add({ offset: 4, text: '눈\n' })
    expect(t.lines).toEqual(['비', '눈'])
  })
  it('goes on after bytes that were replaced', () => {
    const t = new Tail()
    t.add({ offset: 0, text: '\uFFFD\n' }) // one byte in the file, three here
    t.add({ offset: 2, text: 'next\n' })
    expect(t.lines).toEqual(['\uFFFD', 'next'])
  })
  it('shows a progress bar as it stands at the end', () => expect(plainLine('\x1b[32m10 %\r50 %\r100 %\x1b[0m\r')).toBe('100 %'))
})

it('splits a command as a shell would', () => {
  expect(words(`python train.py --name "two words" 'it''s' a\\ b ""`)).toEqual(['python', 'train.py', '--name', 'two words', 'its', 'a b', ''])
  expect(words('echo "open')).toBeUndefined()
  expect(words('  ')).toEqual([])
})

it('numbers the lines of a diff', () => {
  const lines = parseDiff('diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -5,2 +5,2 @@ t\n same\n-old\n+new\n\\ No newline')
  expect(lines.map((l) => [l.kind, l.before, l.after])).toEqual([
    ['file', undefined, undefined], ['meta', undefined, undefined], ['meta', undefined, undefined], ['hunk', undefined, undefined],
    ['same', 5, 5], ['removed', 6, undefined], ['added', undefined, 6], ['meta', undefined, undefined],
  ])
})

it('never shows a pickle', () => expect([kindOfFile('model/model.pkl'), kindOfFile('a.PNG'), kindOfFile('MLmodel')]).toEqual(['other', 'image', 'text']))
