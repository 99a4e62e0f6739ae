import { ApiError } from '../api/client'

export interface Toast {
  id: number
  text: string
  hint?: string
  tone: 'ok' | 'bad'
}

let list = $state<Toast[]>([])
let last = 0

export const toasts = () => list

/** toast says briefly that something was done, or why it was not. */
export function toast(text: string, tone: Toast['tone'] = 'ok', hint?: string) {
  const id = ++last
  list.push({ id, text, hint, tone })
  setTimeout(() => dismiss(id), tone === 'bad' ? 9000 : 3500)
}

export function dismiss(id: number) {
  list = list.filter((x) => x.id !== id)
}

/** attempt does something and says how it went; it returns undefined where it failed. */
export async function attempt<T>(act: () => Promise<T>, done?: string): Promise<T | undefined> {
  try {
    const out = await act()
    if (done) toast(done)
    return out
  } catch (e) {
    if (e instanceof ApiError) toast(e.message, 'bad', e.hint)
    else toast(String(e), 'bad')
    return undefined
  }
}
