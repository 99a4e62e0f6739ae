// What YAML would read otherwise stands in quotes.
const word = (name: string) => (/^[\w./-]+$/.test(name) ? name : JSON.stringify(name))

/** sections are beginnings of parts of rondo.yaml, for a project that has none of the kind yet: of a dataset's path, an endpoint's name, a monitor's. */
export const sections = {
  stages: (path = 'data/reviews.csv') => `stages:
  train:
    cmd: python train.py
    deps: [${word(path)}, train.py]
    params: [train]
    outs: [model]
    metrics: [metrics.json]`,
  endpoints: (name = 'reviews', model = name, alias = 'champion') => `endpoints:
  ${word(name)}: {model: ${word(model)}, alias: ${word(alias)}}`,
  monitors: (endpoint = 'reviews') => `monitors:
  ${word(endpoint)}:
    endpoint: ${word(endpoint)}
    window: {rows: 200}
    alert: {windows: 2, of: 3}
    quality:
      accuracy: {min: 0.7}`,
  triggers: (monitor = 'reviews') => `triggers:
  drift:
    on: drift
    monitor: ${word(monitor)}
    windows: 2
    policy: ask`,
}

export type Section = keyof typeof sections

/** pageOf is the page that shows what a section declares. */
export const pageOf: Record<Section, string> = { stages: '/pipeline', endpoints: '/endpoints', monitors: '/monitors', triggers: '/decisions' }

export const isSection = (name: string): name is Section => Object.hasOwn(sections, name)

/** put puts a section into a file: at its end, or as one more into the section that is there. */
export function put(text: string, section: Section, ...of: (string | undefined)[]): { text: string; at: number } {
  const write: (...of: (string | undefined)[]) => string = sections[section]
  const [head = '', ...body] = write(...of).split('\n')
  const there = new RegExp(`^${section}:[ \\t]*(#.*)?$`, 'm').exec(text)
  const before = there ? text.slice(0, there.index + there[0].length) : `${text.trimEnd()}\n\n${head}`
  const added = `${before}\n${body.join('\n')}`
  return { text: added + (there ? text.slice(before.length) : '\n'), at: added.length }
}

/** writeIt is the address where a section is put into rondo.yaml, of what it is to be about. */
export const writeIt = (section: Section, of?: string) => `#/settings?edit=${section}${of ? `&of=${encodeURIComponent(of)}` : ''}`

/** watchIt is the address where a monitor of an endpoint is put into rondo.yaml, and the endpoint where it was made elsewhere. */
export const watchIt = (e: { name: string; source: string; model: string; alias?: string }) =>
  writeIt('monitors', e.name) + (e.source === 'project' ? '' : `&model=${encodeURIComponent(e.model)}&alias=${encodeURIComponent(e.alias ?? '')}`)
