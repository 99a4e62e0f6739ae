/** Matrix sets the parts of a metric, such as accuracy/Seattle, beside the whole. */
export interface Matrix {
  parts: string[] // the columns after the first
  rows: { key: string; values: (number | undefined)[] }[]
}

/** matrix reads keys of the form metric/part; a part belongs to a metric that is there as a whole too. */
export function matrix(metrics: Record<string, number>): Matrix {
  const names = Object.keys(metrics).sort()
  const whole = names.filter((k) => !belongs(k, metrics))
  const parts = [...new Set(names.filter((k) => belongs(k, metrics)).map(partOf))]
  return { parts, rows: whole.map((key) => ({ key, values: [metrics[key], ...parts.map((p) => metrics[`${key}/${p}`])] })) }
}

const partOf = (key: string) => key.slice(key.indexOf('/') + 1)
const belongs = (key: string, metrics: Record<string, number>) => key.includes('/') && key.slice(0, key.indexOf('/')) in metrics
