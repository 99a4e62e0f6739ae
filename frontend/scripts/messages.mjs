// Compiles messages/*.json into one module of types and one per language. A message has a text per language,
// {name} for what is filled in, and may have plural forms that {count} selects.
// A language that lacks a message, or fills in other names, stops the build.
import { readdirSync, readFileSync, writeFileSync, existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const locales = ['en', 'ko']
const dir = new URL('../messages/', import.meta.url)
const made = new URL('../src/lib/i18n/', import.meta.url)

export function readCatalogues() {
  const all = {}
  for (const file of readdirSync(dir).filter((f) => f.endsWith('.json')).sort()) {
    const noun = file.replace(/\.json$/, '')
    for (const [key, texts] of Object.entries(JSON.parse(readFileSync(new URL(file, dir), 'utf8')))) {
      all[`${noun}.${key}`] = texts
    }
  }
  return all
}

const names = (text) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]))].sort()
const forms = (text) => (typeof text === 'string' ? [text] : Object.values(text))
const params = (text) => [...new Set(forms(text).flatMap(names).concat(typeof text === 'string' ? [] : ['count']))].sort()

export function faults(all) {
  const out = []
  for (const [key, texts] of Object.entries(all)) {
    for (const l of locales) if (!texts[l]) out.push(`${key} has no text in ${l}`)
    const want = params(texts.en ?? '').join()
    for (const l of locales) if (texts[l] && params(texts[l]).join() !== want) out.push(`${key} in ${l} fills in other names than in en`)
  }
  return out
}

// What is counted is written with its thousands apart.
const value = (name) => (name === 'count' ? '${digits(p.count)}' : '${p.' + name + '}')
const template = (text) => '`' + text.replace(/[`\\]|\$\{/g, '\\$&').replace(/\{(\w+)\}/g, (_, name) => value(name)) + '`'

function body(text, locale) {
  if (typeof text === 'string') return template(text)
  const rest = Object.entries(text).filter(([form]) => form !== 'other')
  return rest.reduceRight((no, [form, t]) => `plural('${locale}', p.count) === '${form}' ? ${template(t)} : ${no}`, template(text.other))
}

const head = ['// Made from messages/*.json by scripts/messages.mjs.', '/* eslint-disable */']
// Messages of this noun are sentences that the server makes: they are found by their English text.
const isSaid = (key) => key.startsWith('said.')

/** types writes what every message fills in. */
export function types(all) {
  const lines = [...head, 'type Value = string | number', 'export interface Params {']
  for (const key of Object.keys(all).filter((k) => !isSaid(k))) {
    const p = params(all[key].en)
    lines.push(`  '${key}': ${p.length ? `{ ${p.map((n) => `${n}: ${n === 'count' ? 'number' : 'Value'}`).join('; ')} }` : 'undefined'}`)
  }
  return [...lines, '}', ''].join('\n')
}

/** catalogue writes one language, so that a page loads only the one it speaks. */
export function catalogue(all, locale) {
  const keys = Object.keys(all)
  const lines = [...head, `import { digits, plural } from './plural'`, `import type { Catalogue } from './catalogue'`, '', 'void digits, plural', 'export const messages: Catalogue["messages"] = {']
  for (const key of keys.filter((k) => !isSaid(k))) lines.push(`  '${key}': (p) => ${body(all[key][locale], locale)},`)
  lines.push('}', 'export const sentences: Catalogue["sentences"] = [')
  if (locale !== 'en') for (const key of keys.filter(isSaid)) lines.push(`  [${JSON.stringify(all[key].en)}, (p) => ${body(all[key][locale], locale)}],`)
  return [...lines, ']', ''].join('\n')
}

function write(name, text) {
  const file = new URL(name, made)
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text)
}

export function compileMessages() {
  const all = readCatalogues()
  const wrong = faults(all)
  if (wrong.length) throw new Error(`messages are incomplete:\n  ${wrong.join('\n  ')}`)
  write('messages.gen.ts', types(all))
  for (const l of locales) write(`messages.${l}.gen.ts`, catalogue(all, l))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) compileMessages()
