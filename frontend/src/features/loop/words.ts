import { count, figure, micros } from '$lib/format'
import { maybe, t } from '$lib/i18n/index.svelte'
import { to } from '$lib/route'
import type { StageId, StageState } from './derive'

export interface Words {
  figure: string
  note?: string
  href: string
}

const hrefs: Record<StageId, string> = {
  data: '#/data', training: '#/runs', registry: '#/models', evaluation: '#/models', serving: '#/endpoints', monitoring: '#/monitors', decision: '#/decisions',
}

const state = (s: string | undefined) => (s ? maybe(`state.${s.toLowerCase()}`, s) : '')

/** words says a stage's facts in the person's language. */
export function words({ id, facts: f }: StageState): Words {
  const none = { figure: t(`loop.none_${id}`), href: hrefs[id] }
  switch (id) {
    case 'data':
      return f.snapshot ? { figure: t('loop.rows', { count: f.rows ?? 0, n: count(f.rows) }), note: f.snapshot, href: hrefs.data } : none
    case 'training':
      if (f.running) return { figure: t('loop.running_n', { count: f.running }), note: f.queued ? t('loop.queued_n', { count: f.queued }) : undefined, href: hrefs.training }
      return f.lastStatus ? { figure: state(f.lastStatus), note: t('loop.runs_n', { count: f.runs ?? 0 }), href: hrefs.training } : none
    case 'registry':
      return f.model ? { figure: t('ui.version', { n: f.version ?? 0 }), note: [f.model, f.alias].filter(Boolean).join(' · '), href: to('models', f.model) } : none
    case 'evaluation':
      if (!f.model) return none
      return {
        figure: f.metric ? `${figure(f.metric.value, 3)} ${f.metric.name}` : state('ok'),
        note: f.passed === undefined ? undefined : t(f.passed ? 'loop.gates_passed' : 'loop.gates_failed'),
        href: to('models', f.model, f.version ?? 1),
      }
    case 'serving':
      if (!f.endpoint) return none
      if (f.endpointState !== 'ready') return { figure: state(f.endpointState), note: f.endpoint, href: to('endpoints', f.endpoint) }
      if (!f.requests) return { figure: state('ready'), note: f.endpoint, href: to('endpoints', f.endpoint) }
      return { figure: t('loop.requests', { count: f.requests, n: count(f.requests) }), note: f.p99 ? `p99 ${micros(f.p99)}` : f.endpoint, href: to('endpoints', f.endpoint) }
    case 'monitoring':
      if (!f.monitor) return none
      return f.alerts
        ? { figure: t('loop.alerts_n', { count: f.alerts }), note: state(f.status), href: to('monitors', f.monitor) }
        : { figure: state(f.status), note: t('loop.no_alerts'), href: to('monitors', f.monitor) }
    case 'decision':
      if (!f.decision) return none
      return { figure: f.waiting ? t('loop.waiting_n', { count: f.waiting }) : state(f.decision.state), note: f.decision.model, href: hrefs.decision }
  }
}
