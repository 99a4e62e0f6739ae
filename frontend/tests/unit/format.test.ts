import { tableName } from '$features/data/sql'
import { describe, expect, it } from 'vitest'
import { ago, brief, byName, bytes, count, duration, figure, fixed, micros, middle, parseTime, percent, plain, pValue, real, signed, span, level } from '$lib/format'

describe('a number of a column', () => {
  it('has the places of the others', () => expect([0.801, 0.44, 12.5, -0.25].map(level)).toEqual(['0.8010', '0.4400', '12.5000', '−0.2500']))
  it('says what it is where it is whole, tiny or huge', () => expect([200, 3.2e-7, 1234.5].map(level)).toEqual(['200', '3.20e-7', '1,235']))
})

describe('numbers', () => {
  it.each([
    [0.80123, '0.8012'], [12.3456, '12.35'], [1234, '1,234'], [0, '0'], [-0.5, '−0.5'], [1e-7, '1.00e-7'], [3e12, '3.00e+12'],
    ['NaN', 'NaN'], ['Infinity', '∞'], ['-Infinity', '−∞'],
  ] as const)('figure(%s) is %s', (x, want) => expect(figure(x)).toBe(want))

  it('says nothing of what is not there', () => {
    expect([figure(undefined), fixed(undefined), count(null), percent(undefined), bytes(undefined)]).toEqual(['–', '–', '–', '–', '–'])
  })
  it('reads numbers that travelled as text', () => {
    expect(real('Infinity')).toBe(Infinity)
    expect(real('NaN')).toBeNaN()
  })
  it('writes a sign on differences', () => expect([signed(0.064), signed(-0.014), signed(0)]).toEqual(['+0.064', '−0.014', '0.000']))
  it('never writes a chance of zero', () => expect([pValue(1e-9), pValue(0.04)]).toEqual(['< 0.001', '0.040']))
  it('writes no sign before a zero', () => expect([fixed(-0.001, 2), fixed(-0.01, 2), percent(-0.0001)]).toEqual(['0.00', '−0.01', '0.0 %']))
  it('leaves out the middle of what is too long', () => expect([middle('train', 9), middle('train-a-m', 9), middle('train-a-model@large', 9)]).toEqual(['train', 'train-a-m', 'tra…large']))
  it('writes sizes and shares', () => expect([bytes(999), bytes(2272), bytes(1.6e10), percent(0.8012)]).toEqual(['999 B', '2.2 KiB', '15 GiB', '80.1 %']))
  it('writes short times', () => expect([micros(212), micros(1830), micros(2.5e6)]).toEqual(['212 µs', '1.8 ms', '2.5 s']))
})

describe('times', () => {
  it.each([[430, '430 ms'], [12_400, '12.4 s'], [200_000, '3 min 20 s'], [7_500_000, '2 h 05 min'], [-1, '–']])('duration(%d) is %s', (ms, want) => expect(duration(ms)).toBe(want))
  it('takes Go’s zero time for none', () => expect(parseTime('0001-01-01T00:00:00Z')).toBeUndefined())
  it('speaks the person’s language', () => {
    const now = Date.parse('2026-03-01T12:00:00Z')
    expect(ago('2026-03-01T11:57:00Z', 'en', now)).toMatch(/3 min/)
    expect(ago('2026-03-01T11:57:00Z', 'ko', now)).toBe('3분 전')
    expect(ago('2026-03-01T12:00:08Z', 'en', now)).toBe('now')
  })
  it('measures until now where there is no end', () => expect(span('2026-01-01T00:00:00Z', undefined, Date.parse('2026-01-01T00:00:05Z'))).toBe(5000))
})

it('shortens digests and writes any value', () => {
  expect(brief('sha256:abcdef1234567890')).toBe('abcdef123456')
  expect([plain(null), plain(0.1 + 0.2), plain({ a: 1 })]).toEqual(['–', '0.3', '{"a":1}'])
})

it('orders names as a person counts', () => {
  expect(['layer10', 'layer2', 'B', 'a', 'layer1'].sort(byName)).toEqual(['a', 'B', 'layer1', 'layer2', 'layer10'])
})

it('names the table of a file as SQL wants it', () => {
  expect(['data/weather.csv', 'a b.parquet', 'x".jsonl', '2024.csv', '.csv'].map(tableName)).toEqual(['weather', '"a b"', '"x"""', '"2024"', '".csv"'])
})
