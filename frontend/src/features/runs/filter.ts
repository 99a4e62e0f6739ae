/**
 * The search field takes MLflow's filter grammar as it is, and a plain word as a
 * name. check finds the usual slips before the server is asked; it is not the
 * grammar itself, which the server has.
 */
export type Slip = { code: 'quote' } | { code: 'value' | 'compare' | 'and' | 'field'; near: string }

type Token = { kind: 'word' | 'text' | 'number' | 'op' | 'paren' | 'comma'; text: string }

/** isFilter says whether what was typed is a filter rather than a part of a name. */
export const isFilter = (text: string) => /[=<>]|\b(i?like|is\s+(not\s+)?null|in)\b\s*['"(%]?/i.test(text)

/** toFilter turns what was typed into a filter for the server. */
export function toFilter(text: string): string {
  const typed = text.trim()
  if (!typed || isFilter(typed)) return typed
  return `attributes.run_name ILIKE '%${typed.replace(/'/g, "''")}%'`
}

/** tokens splits a filter; undefined where a quote is not closed. */
export function tokens(text: string): Token[] | undefined {
  const out: Token[] = []
  const words = /\s*(?:('(?:[^']|'')*'|"(?:[^"]|"")*")|(!=|>=|<=|=|>|<)|([()])|(,)|((?:[\w.]|`[^`]*`|"[^"]*"|[-/](?=\w))+))/y
  while (words.lastIndex < text.length) {
    const at = words.lastIndex
    const m = words.exec(text)
    if (!m) return /^\s*$/.test(text.slice(at)) ? out : undefined
    const [, quoted, op, paren, comma, word] = m
    if (quoted) out.push({ kind: 'text', text: quoted })
    else if (op) out.push({ kind: 'op', text: op })
    else if (paren) out.push({ kind: 'paren', text: paren })
    else if (comma) out.push({ kind: 'comma', text: comma })
    else if (word) out.push({ kind: /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(word) ? 'number' : 'word', text: word })
  }
  return out
}

const groups = /^(metrics?|params?|parameters?|tags?|attributes?|attr|run|datasets?)\./i
const bare = /^(run_id|run_name|name|status|start_time|end_time|created|user_id|artifact_uri)$/i
const comparisons = /^(like|ilike|in|not|is)$/i

/** check returns the first slip, or undefined where none is seen. */
export function check(text: string): Slip | undefined {
  const list = tokens(text)
  if (!list) return { code: 'quote' }
  let i = 0
  while (i < list.length) {
    const field = list[i]!
    if (field.kind !== 'word' || !(groups.test(field.text) || bare.test(field.text))) return { code: 'field', near: field.text }
    const op = list[i + 1]
    if (!op || !(op.kind === 'op' || comparisons.test(op.text))) return { code: 'compare', near: field.text }
    i = afterValue(list, i + 2)
    if (i < 0) return { code: 'value', near: `${field.text} ${op.text}` }
    if (i >= list.length) return undefined
    if (!/^and$/i.test(list[i]!.text)) return { code: 'and', near: list[i]!.text }
    i++
    if (i >= list.length) return { code: 'field', near: 'and' }
  }
  return undefined
}

// afterValue skips a value, a list in parentheses, or the words of NOT IN and IS NOT NULL; -1 where none is there.
function afterValue(list: Token[], from: number): number {
  let i = from
  while (list[i] && /^(in|not|null)$/i.test(list[i]!.text)) {
    if (/^null$/i.test(list[i]!.text)) return i + 1
    i++
  }
  if (list[i]?.text === '(') {
    while (i < list.length && list[i]!.text !== ')') i++
    return i < list.length ? i + 1 : -1
  }
  const value = list[i]
  return value && value.kind !== 'op' && value.kind !== 'comma' && !/^and$/i.test(value.text) ? i + 1 : -1
}
