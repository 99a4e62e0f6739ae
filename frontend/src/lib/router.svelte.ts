import { ours } from './mlflow'
import { match, parse, type Location } from './route'

// read tells where an address leads; one of MLflow's pages becomes that of ours.
function read(hash: string): Location {
  const at = parse(hash)
  const better = ours(at)
  if (!better) return at
  history.replaceState(null, '', `#${better}`)
  return parse(`#${better}`)
}

let current = $state.raw<Location>(read(typeof location === 'undefined' ? '' : location.hash))

/** here returns where the page is; reading it makes the reader follow. */
export const here = (): Location => current

/** go leads to a path such as /runs/abc; replace leaves no step to come back to. */
export function go(path: string, replace = false) {
  if (replace) {
    history.replaceState(null, '', `#${path}`)
    current = parse(`#${path}`)
  } else location.hash = path
}

/** setQuery changes parts of the query and stays on the page. */
export function setQuery(change: Record<string, string | undefined>) {
  const q = new URLSearchParams(current.query)
  for (const [key, value] of Object.entries(change)) {
    if (value) q.set(key, value)
    else q.delete(key)
  }
  const text = q.toString()
  go(current.path + (text ? `?${text}` : ''), true)
}

export const query = (key: string) => current.query.get(key) ?? ''

/** follow keeps the router in step with the address until the returned function is called. */
export function follow(): () => void {
  const changed = () => {
    current = read(location.hash)
    window.scrollTo(0, 0)
  }
  window.addEventListener('hashchange', changed)
  return () => window.removeEventListener('hashchange', changed)
}

export { match }
