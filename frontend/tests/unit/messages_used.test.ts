import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readCatalogues } from '../../scripts/messages.mjs'
import { stageIds } from '$features/loop/derive'

const read = (dir: string, is: RegExp): string[] =>
  readdirSync(dir, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? read(join(dir, e.name), is) : is.test(e.name) ? [readFileSync(join(dir, e.name), 'utf8')] : []))
const pages = read('src', /^(?!messages\.).*\.(ts|svelte)$/).join('\n')
const program = ['../app', '../backend'].flatMap((dir) => read(dir, /(?<!_test)\.go$/)).join('\n')
const keys = Object.keys(readCatalogues())

// Names that are put together: `data.type_${x}` is a family whose words a page or the program must know. Where nothing stands
// before the word, as in `runs.${x}`, nearly every word is known somewhere: then these are all of them.
const families = [...new Set([...pages.matchAll(/`([a-z]+\.[a-z_]*)\$\{/g)].map((m) => m[1]!))]
const bare: Record<string, readonly string[]> = {
  loop: stageIds,
  monitors: ['mean', 'std', 'median'],
  runs: ['started', 'status', 'duration', 'user', 'kind', 'id', 'overview', 'metrics', 'system', 'log', 'artifacts', 'code', 'environment'],
  tracked: ['params', 'metrics'],
  trust: ['stage', 'trigger'],
  ui: ['live', 'connecting', 'reconnecting'],
}
const told = ['state', 'verdict', 'said', 'attributes'] // what the program says, and names of columns

const known = (word: string) => [word, word.toUpperCase()].some((w) => pages.includes(`'${w}'`) || new RegExp(`\\b${w}: `).test(pages) || program.includes(`"${w}"`))
const isUsed = (key: string) => {
  const [noun, name] = key.split('.') as [string, string]
  if (noun === 'said' || pages.includes(`'${key}'`) || bare[noun]?.includes(name)) return true
  const family = families.find((f) => f.endsWith('_') && key.startsWith(f))
  if (family) return known(key.slice(family.length))
  return noun === 'state' ? known(name) : noun === 'verdict' && program.includes(`"${name.replace('_', '.')}"`)
}

it('every message is used, those too whose names are put together', () => expect(keys.filter((k) => !isUsed(k))).toEqual([]))

it('names that are put together of a noun alone are listed, so that one that is not used is seen', () =>
  expect(families.filter((f) => f.endsWith('.')).map((f) => f.slice(0, -1)).filter((noun) => !(noun in bare) && !told.includes(noun))).toEqual([]))

it('every message that a page asks for is there', () => {
  const asked = [...pages.matchAll(/\b(?:t|maybe|known)\(\s*'([a-z]+\.\w+)'/g)].map((m) => m[1]!)
  expect(asked.length).toBeGreaterThan(500)
  const whole = [...asked, ...Object.entries(bare).flatMap(([noun, words]) => words.map((w) => `${noun}.${w}`))]
  expect(whole.filter((k) => !keys.includes(k))).toEqual([])
  expect(families.filter((f) => f.endsWith('_') && !keys.some((k) => k.startsWith(f)))).toEqual([])
})
