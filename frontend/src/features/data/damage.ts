/** Damage is what is wrong with a file, as the server tells it. */
export interface Damage {
  file: string
  message: string
  hint?: string
  needs?: { snapshot: string; paths: string[]; count: number }[] // who needs it
}

const digests = /[0-9a-f]{40,}/g

/** shorter writes digests by their beginning, which tells them apart. */
export const shorter = (text: string) => text.replace(digests, (d) => `${d.slice(0, 12)}…`)

/** nameOf is the file of a damage, where its message does not name it. */
export const nameOf = ({ file, message }: Damage) => (message.includes(file.slice(file.lastIndexOf('/') + 1)) ? '' : shorter(file))

/** waysOut are the hints, each once: those that differ by a digest alone are one. */
export const waysOut = (list: Damage[]) => [...new Set(list.map((d) => d.hint?.replace(digests, '…') ?? '').filter(Boolean))]
