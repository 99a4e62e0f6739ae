import { catalogues, type Params } from './messages.gen'

export type Locale = keyof typeof catalogues
export type MessageKey = keyof Params
/** PlainKey is a message that fills nothing in. */
export type PlainKey = { [K in MessageKey]: Params[K] extends undefined ? K : never }[MessageKey]
type Args<K extends MessageKey> = Params[K] extends undefined ? [] : [Params[K]]

export const localeNames: Record<Locale, string> = { en: 'English', ko: '한국어' }

const storageKey = 'rondo.locale'
let current = $state<Locale>(first())

function first(): Locale {
  if (typeof document === 'undefined') return 'en'
  const lang = document.documentElement.lang
  return lang in catalogues ? (lang as Locale) : 'en'
}

/** locale returns the language in use; reading it makes the reader follow a change. */
export const locale = (): Locale => current

/** setLocale switches the language at once, without loading the page again. */
export function setLocale(next: Locale) {
  current = next
  if (typeof document !== 'undefined') document.documentElement.lang = next
  try {
    localStorage.setItem(storageKey, next)
  } catch {
    // the choice then lasts as long as the window
  }
}

/** t returns a message in the current language. */
export function t<K extends MessageKey>(key: K, ...args: Args<K>): string {
  return catalogues[current][key](args[0] ?? {})
}

/** known says whether a message of a computed name exists. */
export const known = (key: string): key is MessageKey => key in catalogues.en

/** maybe returns the message of a computed name, or the fallback. */
export function maybe(key: string, fallback: string, params: Record<string, unknown> = {}): string {
  return known(key) ? catalogues[current][key](params) : fallback
}
