import { expect, it } from 'vitest'
import { catalogue, faults, readCatalogues } from '../../scripts/messages.mjs'
import { speak, t } from '$lib/i18n/index.svelte'
import { said } from '$lib/i18n/said'
import { verdict } from '$lib/i18n/verdict'

it('every message has every language and fills in the same names', () => expect(faults(readCatalogues())).toEqual([]))

it('finds a language that lacks a message, or fills in another name', () => {
  expect(faults({ 'a.b': { en: 'x {n}' } })).toHaveLength(1)
  expect(faults({ 'a.b': { en: 'x {n}', ko: 'x {m}' } })).toHaveLength(1)
})

it('quotes what would break out of a template', () => expect(catalogue({ 'a.b': { en: '`${x}`', ko: 'y' } }, 'en')).toContain('(p) => `\\`\\$${p.x}\\``'))

it('speaks plural, and changes its language at once', async () => {
  expect([t('ui.rows', { count: 1 }), t('ui.rows', { count: 2 })]).toEqual(['1 row', '2 rows'])
  await speak('ko')
  expect(t('ui.rows', { count: 2 })).toBe('2행')
  await speak('en')
})

it('says verdicts in the person’s language, and unknown ones as they came', async () => {
  const v = { code: 'window.quiet', text: 'Quiet: …', values: { column: 'wind', measure: 'ks', effect: 0.213, threshold: 0.25 } }
  expect(verdict(v)).toBe('Quiet: …')
  await speak('ko')
  expect(verdict(v)).toBe('이상 없음: 가장 큰 차이는 wind D=0.21, 기준 0.25 미만')
  expect(verdict({ code: 'window.new', text: 'as it came' })).toBe('as it came')
  await speak('en')
})

it('puts the server’s sentences into the person’s language, parts and all', async () => {
  expect(said('dep data/a.csv changed')).toBe('dep data/a.csv changed')
  await speak('ko')
  expect(said('dep data/a.csv changed')).toBe('입력 data/a.csv 바뀜')
  expect(said('for the retrain: drift for 2 windows in a row: wind, temp_min')).toBe('재학습용: 2개 구간 연속 드리프트: wind, temp_min')
  expect(said('accuracy is 77.4 % against 62.1 % of always answering the commonest class: +15.3 points; asked for: at least +5.0 points')).toBe(
    'accuracy 77.4 %, 항상 가장 흔한 클래스로 답하기 62.1 %와 비교해 +15.3%p. 조건: +5.0%p 이상',
  )
  expect(said('a sentence nobody knows')).toBe('a sentence nobody knows')
  expect(said('')).toBe('')
  await speak('en')
})
