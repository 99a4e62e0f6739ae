/** lastWords are the last lines that the given stages printed; each line begins with its stage's name in brackets. */
export function lastWords(streams: string[], stages: string[], most = 12): string {
  const own = streams.flatMap((text) => text.split('\n').filter((line) => stages.some((s) => line.startsWith(`[${s}] `))))
  return own.slice(-most).join('\n')
}
