import { get, post, type Path, type Values } from '$lib/api/client'
import { brief } from '$lib/format'
import { locale, setLocale, t } from '$lib/i18n/index.svelte'
import { go } from '$lib/router.svelte'
import { to } from '$lib/route'
import { toggleTheme } from '$lib/theme.svelte'
import type { IconName } from '$lib/ui/icons'
import { closed } from '$lib/ui/readonly.svelte'
import { attempt, toast } from '$lib/ui/toast.svelte'
import { titleOf } from '../features/decisions/decision'
import { isPrompt } from '../features/prompts/prompt'
import { places } from './places'

/** Command is one line of the palette. */
export interface Command {
  group: 'go' | 'do' | 'things'
  icon: IconName
  text: string
  more?: string
  run: () => void
}

export function navigation(): Command[] {
  return places.map((p) => ({ group: 'go', icon: p.id, text: t(p.name), more: `g ${p.key}`, run: () => go(p.path) }))
}

export function actions(): Command[] {
  return [
    ...(closed.why ? [] : [{ group: 'do' as const, icon: 'play' as const, text: t('nav.do_run_pipeline'), run: () => void runPipeline() }]),
    { group: 'do', icon: 'check', text: t('nav.do_fsck'), run: () => void verify() },
    { group: 'do', icon: 'settings', text: t('nav.do_theme'), more: 'T', run: toggleTheme },
    { group: 'do', icon: 'settings', text: t('nav.do_language'), run: () => void setLocale(locale() === 'en' ? 'ko' : 'en') },
  ]
}

async function runPipeline() {
  if (await attempt(() => post('/executions', {}), t('nav.pipeline_started'))) go('/pipeline')
}

async function verify() {
  const report = await attempt(() => post('/fsck', {}))
  if (!report) return
  const n = report.count
  toast(n ? t('nav.fsck_found', { count: n }) : t('nav.fsck_clean'), n ? 'bad' : 'ok')
}

const thing = (icon: IconName, text: string, more: string | undefined, href: string): Command => ({
  group: 'things',
  icon,
  text,
  more,
  run: () => go(href.slice(1)),
})

/** things are all that has a name; what cannot be read is left out. */
export async function things(signal: AbortSignal): Promise<Command[]> {
  const read = <P extends Path<'GET'>>(path: P, values: Values<'GET', P>) => get(path, values, signal).catch(() => undefined)
  const [datasets, runs, models, endpoints, monitors, decisions] = await Promise.all([
    read('/datasets', {}),
    read('/runs', { limit: 200 }),
    read('/models', {}),
    read('/endpoints', {}),
    read('/monitors', {}),
    read('/decisions', {}),
  ])
  return [
    ...(datasets ?? []).map((d) => thing('data', d.name, `${t('nav.data')} · ${d.path}`, to('data', d.name))),
    ...(models ?? []).map((m) => (isPrompt(m) ? thing('models', m.name, t('nav.prompts'), to('prompts', m.name)) : thing('models', m.name, t('nav.models'), to('models', m.name)))),
    ...(endpoints ?? []).map((e) => thing('endpoints', e.name, `${t('nav.endpoints')} · ${e.model}`, to('endpoints', e.name))),
    ...(monitors ?? []).map((m) => thing('monitors', m.name, `${t('nav.monitors')} · ${m.endpoint}`, to('monitors', m.name))),
    ...(runs?.runs ?? []).map((r) => thing('runs', r.name, `${t('nav.runs')} · ${brief(r.id)}`, to('runs', r.id))),
    ...(decisions ?? []).map((d) => thing('decisions', titleOf(d), t('nav.decisions'), to('decisions', d.id))),
  ]
}

/** rank orders commands by how well they fit what was typed; those that do not are left out. */
export function rank<C extends { text: string; more?: string }>(list: C[], typed: string): C[] {
  const want = typed.trim().toLowerCase()
  if (!want) return list
  return list
    .map((c) => ({ c, n: score(`${c.text} ${c.more ?? ''}`.toLowerCase(), want) }))
    .filter((x) => x.n > 0)
    .sort((a, b) => b.n - a.n)
    .map((x) => x.c)
}

// A run of equal letters beats letters that are merely in order; the start of a word beats its middle.
function score(text: string, want: string): number {
  const at = text.indexOf(want)
  if (at >= 0) return 1000 - at + (at === 0 || text[at - 1] === ' ' ? 500 : 0)
  let i = 0
  for (const ch of text) if (ch === want[i]) i++
  return i === want.length ? 1 : 0
}
