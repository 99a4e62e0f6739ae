export type Theme = 'system' | 'light' | 'dark'

const key = 'rondo.theme'
let chosen = $state<Theme>(stored())
let turns = $state(0)

function stored(): Theme {
  const data = typeof document === 'undefined' ? undefined : document.documentElement.dataset.theme
  return data === 'light' || data === 'dark' ? data : 'system'
}

export const theme = () => chosen

/** themed is a number that changes with the colours; canvases read it to draw again. */
export const themed = () => turns

export function setTheme(next: Theme) {
  chosen = next
  if (next === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = next
  try {
    if (next === 'system') localStorage.removeItem(key)
    else localStorage.setItem(key, next)
  } catch {
    // the choice then lasts as long as the window
  }
  turns++
}

/** isDark says which of the two is on the screen. */
export const isDark = () => (chosen === 'system' ? matchMedia('(prefers-color-scheme: dark)').matches : chosen === 'dark')

export const toggleTheme = () => setTheme(isDark() ? 'light' : 'dark')

const drawAgain = ['(prefers-color-scheme: dark)', '(prefers-contrast: more)', '(forced-colors: active)']
if (typeof matchMedia !== 'undefined') for (const query of drawAgain) matchMedia(query).addEventListener('change', () => turns++)

/** color resolves a token to what a canvas understands. */
export function color(token: string): string {
  const probe = document.createElement('i')
  probe.style.color = `var(${token})` // where the browser forces colours it leaves an i its own
  document.body.append(probe)
  const out = getComputedStyle(probe).color
  probe.remove()
  return out
}
