import { ApiError } from '../api/client'
import { inWords } from './failure'

export interface Toast {
  id: number
  text: string
  hint?: string
  tone: 'ok' | 'bad'
}

let list = $state<Toast[]>([])
let last = 0
const most = 4

export const toasts = () => list

/** toast says briefly that something was done, or why it was not. */
export function toast(text: string, tone: Toast['tone'] = 'ok', hint?: string) {
  const id = ++last
  list = [...list, { id, text, hint, tone }].slice(-most)
  if (tone === 'ok') setTimeout(() => dismiss(id), 3500) // a failure stays until it was read
}

export function dismiss(id: number) {
  list = list.filter((x) => x.id !== id)
}

/** perform does something and tells when it is done. What fails is thrown, for a caller who has a better place for it than a toast. */
export async function perform<T>(act: () => Promise<T>, done?: string): Promise<T> {
  const out = await act()
  if (done) toast(done)
  return out
}

/** attempt does something and says how it went; it returns undefined where it failed. */
export async function attempt<T>(act: () => Promise<T>, done?: string): Promise<T | undefined> {
  try {
    const out = await act()
    if (done) toast(done)
    return out
  } catch (e) {
    const { message, hint } = inWords(ApiError.of(e))
    toast(message, 'bad', hint)
    return undefined
  }
}
