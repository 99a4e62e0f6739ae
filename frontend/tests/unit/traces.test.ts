import { describe, expect, it } from 'vitest'
import { compareLines } from '$lib/lines'
import { opened, toFilter, usage } from '../../src/features/traces/ask'
import { nanos, rows, whole } from '../../src/features/traces/tree'
import { lastWords } from '../../src/features/pipeline/last'
import { slip, pairs } from '../../src/features/pipeline/pairs'
import { textOf, variables } from '../../src/features/prompts/prompt'
import { byWindow } from '../../src/features/monitors/monitor'

const span = (id: string, parent_id: string | undefined, offset_ns: number, duration_ns?: number) => ({ id, parent_id, name: id, type: 'UNKNOWN', offset_ns, duration_ns, failed: false })
const laid = (list: ReturnType<typeof span>[]) => rows(list).map((r) => '.'.repeat(r.depth) + r.span.id).join(' ')

describe('the steps of a trace', () => {
  it('stand below what they belong to, in the order of their begin', () => expect(laid([span('a', undefined, 0), span('c', 'a', 9), span('b', 'a', 3), span('d', 'b', 4)])).toBe('a .b ..d .c'))
  it('stand at the top where their parent never came in', () => expect(laid([span('x', 'gone', 5), span('a', undefined, 0)])).toBe('a x'))
  it('are shown once where they go round in a circle', () => {
    expect(laid([span('a', 'b', 0), span('b', 'a', 1)])).toBe('a .b')
    expect(laid([span('a', 'a', 0)])).toBe('a')
  })
  it('take as long as from the first begin to the last end', () => expect(whole([span('a', undefined, 0, 5), span('b', 'a', 4, 7)])).toBe(11))
  it('have times that are read at a glance', () => expect([nanos(40), nanos(52_300), nanos(1.24e6), nanos(2.5e9)]).toEqual(['40 ns', '52 µs', '1.2 ms', '2.50 s']))
})

describe('what is asked of traces', () => {
  it('takes words as they are typed, and filters as they are', () => {
    expect(toFilter("it's back")).toBe("trace.text ILIKE '%its back%'")
    expect(toFilter("status = 'ERROR'")).toBe("status = 'ERROR'")
  })
  it('is read without the wrapping of JSON', () => expect([opened('"a"'), opened('{"question": "why?"}'), opened('{"a":1}'), opened('plain'), opened(undefined)]).toEqual(['a', 'why?', '{"a":1}', 'plain', '']))
  it('counts tokens only where somebody did', () => {
    const of = (text?: string) => usage({ metadata: text === undefined ? {} : { 'mlflow.trace.tokenUsage': text } } as never)
    expect(of('{"input_tokens":2,"output_tokens":3}')?.total).toBe(5)
    expect([of(), of('broken')]).toEqual([undefined, undefined])
  })
})

describe('prompts', () => {
  it('name what they fill in, each once', () => expect(variables('{{a}} {{ b.c }} {{a}} {d}')).toEqual(['a', 'b.c']))
  it('of several messages are written one after the other', () => expect(textOf({ tags: { _mlflow_prompt_type: 'chat', 'mlflow.prompt.text': '[{"role":"user","content":"hi"},{"role":"system","content":"kind"}]' } } as never)).toBe('user: hi\n\nsystem: kind'))
  it('show what changed between two texts', () => expect(compareLines('a\nb\nc', 'a\nx\nc\nd').map((l) => l.kind[0] + l.text)).toEqual(['sa', 'db', 'ax', 'sc', 'ad']))
})

describe('params that are typed', () => {
  it('are one a line', () => expect(pairs('a=1\n\n# no\n b = x=y ')).toEqual({ a: '1', b: 'x=y' }))
  it('are refused by name where one is none', () => expect([slip('a=1\nl2 0.3'), slip('=2'), slip('a=1\n')]).toEqual(['l2 0.3', '=2', undefined]))
})

it('puts quality to the numbers of windows, with holes where labels are missing', () => {
  const q = (window_id: string, status: string) => ({ window_id, status }) as never
  const w = (number: number) => ({ id: `w${number}`, number }) as never
  expect(byWindow([w(7), w(5), w(6)], [q('w5', 'ok'), q('w7', 'below'), q('w6', 'not_enough_labels')]).map((x) => [x.number, x.quality?.status])).toEqual([[5, 'ok'], [6, undefined], [7, 'below']])
})

it('finds the last words of a stage among those of the others', () => {
  expect(lastWords(['[a] one\n[b] two\n', '[a] three\n[ab] four\nfive'], ['a'])).toBe('[a] one\n[a] three')
  expect(lastWords(['[a] 1\n[a] 2\n[a] 3'], ['a'], 2)).toBe('[a] 2\n[a] 3')
})
