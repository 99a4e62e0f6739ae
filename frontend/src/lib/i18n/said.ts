import { catalogues } from './messages.gen'
import { locale } from './index.svelte'

// Sentences that the server makes come in English. Each message "said.…" is such a
// sentence with names for what varies; read backwards it finds what was filled in.
interface Form {
  key: keyof typeof catalogues.en
  names: string[]
  pattern: RegExp
}

const mark = '\u0001'
let forms: Form[] | undefined

function read(): Form[] {
  const keys = (Object.keys(catalogues.en) as Form['key'][]).filter((k) => k.startsWith('said.'))
  const sized = keys.map((key) => {
    const parts = catalogues.en[key](new Proxy({}, { get: (_, name) => mark + String(name) + mark })).split(mark)
    const source = parts.map((p, i) => (i % 2 ? '(.+?)' : p.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))).join('')
    return { key, names: parts.filter((_, i) => i % 2), pattern: new RegExp(`^${source}$`, 's'), bare: parts[0] === '', size: parts.filter((_, i) => i % 2 === 0).join('').length }
  })
  // What begins with a word of its own is tried before what could begin with anything; then the longer sentence.
  return sized.sort((a, b) => Number(a.bare) - Number(b.bare) || b.size - a.size)
}

/** said puts a sentence of the server into the person's language; one that is not known stays as it came. */
export function said(text: string | undefined): string {
  if (!text || locale() === 'en') return text ?? ''
  forms ??= read()
  for (const f of forms) {
    const found = f.pattern.exec(text)
    if (!found) continue
    const values = Object.fromEntries(f.names.map((name, i) => [name, said(found[i + 1])]))
    return catalogues[locale()][f.key](values)
  }
  return text
}
