import type { Catalogue } from './catalogue'
import type { Params } from './messages.gen'

export type Locale = 'en' | 'ko'
export type MessageKey = keyof Params
/** PlainKey is a message that fills nothing in. */
export type PlainKey = { [K in MessageKey]: Params[K] extends undefined ? K : never }[MessageKey]
type Args<K extends MessageKey> = Params[K] extends undefined ? [] : [Params[K]]

export const localeNames: Record<Locale, string> = { en: 'English', ko: '한국어' }

const load: Record<Locale, () => Promise<Catalogue>> = {
  en: () => import('./messages.en.gen'),
  ko: () => import('./messages.ko.gen'),
}
const storageKey = 'rondo.locale'
let current = $state.raw<Catalogue & { locale: Locale }>({ locale: 'en', messages: {} as Catalogue['messages'], sentences: [] })

/** firstLocale is the language the page was opened in. */
export function firstLocale(): Locale {
  const lang = typeof document === 'undefined' ? 'en' : document.documentElement.lang
  return lang in load ? (lang as Locale) : 'en'
}

/** locale returns the language in use; reading it makes the reader follow a change. */
export const locale = (): Locale => current.locale

/** sentences are what the server says, with how to say it in the language in use. */
export const sentences = () => current.sentences

/** speak brings in a language; the page then speaks it at once, without being loaded again. */
export async function speak(next: Locale) {
  const { messages, sentences } = await load[next]()
  current = { locale: next, messages, sentences }
  if (typeof document !== 'undefined') document.documentElement.lang = next
}

/** setLocale speaks another language from now on, and remembers it on this device. */
export async function setLocale(next: Locale) {
  await speak(next)
  try {
    localStorage.setItem(storageKey, next)
  } catch {
    // the choice then lasts as long as the window
  }
}

/** t returns a message in the current language. */
export function t<K extends MessageKey>(key: K, ...args: Args<K>): string {
  return current.messages[key](args[0] ?? {})
}

/** known says whether a message of a computed name exists. */
export const known = (key: string): key is MessageKey => key in current.messages

/** maybe returns the message of a computed name, or the fallback. */
export function maybe(key: string, fallback: string, params: Record<string, unknown> = {}): string {
  return known(key) ? current.messages[key](params) : fallback
}
