import { maybe, t } from '$lib/i18n/index.svelte'

/** sentence says what a trigger does: its condition, schedule, policy and model come in this order. */
export function sentence([on = '', cron = '', policy = '', model = '']: string[]): string {
  const when = on === 'schedule' ? t('trust.when_schedule', { cron }) : maybe(`trust.when_${on}`, on)
  return maybe(`trust.does_${policy || 'ask'}`, `${when} ${policy} ${model}`, { when, model })
}
