/** Tone is how a state looks; the words beside it say what it is. */
export type Tone = 'ok' | 'warn' | 'bad' | 'run' | 'idle'

const tones: Record<string, Tone> = {
  FINISHED: 'ok', RUNNING: 'run', SCHEDULED: 'idle', FAILED: 'bad', KILLED: 'warn',
  finished: 'ok', running: 'run', queued: 'idle', failed: 'bad', killed: 'warn', skipped: 'idle', done: 'ok',
  OK: 'ok', ERROR: 'bad', IN_PROGRESS: 'run',
  ready: 'ok', loading: 'run', idle: 'idle',
  quiet: 'ok', drift: 'bad', not_enough_data: 'idle', below: 'bad', no_labels: 'idle', not_enough_labels: 'idle', ok: 'ok',
  open: 'bad', acknowledged: 'warn', resolved: 'ok',
  asked: 'warn', pending: 'idle', due: 'run', cooling: 'idle', limited: 'warn', busy: 'run', approved: 'ok', rejected: 'idle', promoted: 'ok', kept: 'idle', noted: 'idle', notified: 'idle', completed: 'ok',
  unchanged: 'ok', changed: 'warn', missing: 'bad', new: 'warn', clean: 'ok', modified: 'warn', fresh: 'ok', stale: 'warn', current: 'ok', up_to_date: 'ok',
  passed: 'ok', ran: 'ok', restored: 'ok', blocked: 'warn', frozen: 'idle', stopped: 'warn', identical: 'ok', different: 'warn', unversioned: 'idle', partial: 'idle',
}

export const toneOf = (state: string): Tone => tones[state] ?? 'idle'
