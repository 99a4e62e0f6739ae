import type { Catalogue } from './catalogue'
import { sentences } from './index.svelte'

// Sentences that the server makes come in English. Messages of the noun "said" are such
// sentences with names for what varies; read backwards they find what was filled in.
interface Form {
  names: string[]
  pattern: RegExp
  bare: boolean // begins with something that varies
  size: number
  say: (values: Record<string, string>) => string
}

const made = new WeakMap<Catalogue['sentences'], Form[]>()

function forms(list: Catalogue['sentences']): Form[] {
  let all = made.get(list)
  if (!all) made.set(list, (all = list.map(form).sort(before)))
  return all
}

function form([english, say]: Catalogue['sentences'][number]): Form {
  const parts = english.split(/\{(\w+)\}/)
  const source = parts.map((p, i) => (i % 2 ? '(.+?)' : p.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))).join('')
  const size = parts.reduce((n, p, i) => (i % 2 ? n : n + p.length), 0)
  return { names: parts.filter((_, i) => i % 2), pattern: new RegExp(`^${source}$`, 's'), bare: parts[0] === '', size, say }
}

// What begins with a word of its own is tried before what could begin with anything; then the longer sentence.
const before = (a: Form, b: Form) => Number(a.bare) - Number(b.bare) || b.size - a.size

/** said puts a sentence of the server into the person's language; one that is not known stays as it came. */
export function said(text: string | undefined): string {
  if (!text || !sentences().length) return text ?? ''
  for (const f of forms(sentences())) {
    const found = f.pattern.exec(text)
    if (found) return f.say(Object.fromEntries(f.names.map((name, i) => [name, said(found[i + 1])])))
  }
  const list = text.split(', ')
  return list.length > 1 ? list.map(said).join(', ') : text
}
