import { describe, expect, it } from 'vitest'
import { put, sections, watchIt, writeIt } from '$lib/sections'

describe('a section of rondo.yaml', () => {
  it('comes to the end of a file that has none of its kind', () => {
    const { text, at } = put('rondo: 1\nname: a\n', 'triggers', 'weather')
    expect(text).toBe('rondo: 1\nname: a\n\ntriggers:\n  drift:\n    on: drift\n    monitor: weather\n    windows: 2\n    policy: ask\n')
    expect(text.slice(at)).toBe('\n')
  })
  it('comes into the one that is there, before what it has', () => {
    const { text, at } = put('rondo: 1\nmonitors: # of two\n  b:\n    endpoint: b\n\nqueue: {parallel: 2}\n', 'monitors', 'a')
    expect(text).toMatch(/^rondo: 1\nmonitors: # of two\n {2}a:\n {4}endpoint: a\n/)
    expect(text.slice(at)).toBe('\n  b:\n    endpoint: b\n\nqueue: {parallel: 2}\n')
  })
  it('keeps names in quotes that YAML would read otherwise', () => expect(sections.stages('data/a, b.csv')).toContain('deps: ["data/a, b.csv", train.py]'))
  it('of a monitor brings the endpoint along that the file does not have', () => {
    expect(watchIt({ name: 'a', source: 'project', model: 'm', alias: 'champion' })).toBe('#/settings?edit=monitors&of=a')
    expect(watchIt({ name: 'a', source: 'api', model: 'm', alias: 'best' })).toBe('#/settings?edit=monitors&of=a&model=m&alias=best')
    expect(put('rondo: 1\n', 'endpoints', 'a', 'm', 'best').text).toBe('rondo: 1\n\nendpoints:\n  a: {model: m, alias: best}\n')
  })
  it('has an address', () => expect(writeIt('stages', 'data/a b.csv')).toBe('#/settings?edit=stages&of=data%2Fa%20b.csv'))
})
