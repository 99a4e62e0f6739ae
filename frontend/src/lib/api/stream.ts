import type { Event } from './types.gen'

/** RondoEvent is one thing that happened, as the server tells it. */
export type RondoEvent = Event

export interface StreamState {
  status: 'connecting' | 'live' | 'reconnecting'
  last: number // number of the newest event seen
  attempts: number // failed attempts in a row
}

export type StreamInput =
  | { type: 'hello'; seq: number }
  | { type: 'event'; event: RondoEvent }
  | { type: 'lost' }
  | { type: 'broken' }

/** What a reader has to do after an input. */
export interface StreamOutput {
  state: StreamState
  event?: RondoEvent
  stale?: boolean // events were missed: look at the state again
}

export const start: StreamState = { status: 'connecting', last: 0, attempts: 0 }

/**
 * step is the whole logic of the event stream. Numbers begin anew when the server
 * starts again, so a hello with a smaller number than ours means another server:
 * everything may have changed meanwhile.
 */
export function step(state: StreamState, input: StreamInput): StreamOutput {
  switch (input.type) {
    case 'hello':
      return {
        state: { status: 'live', last: input.seq, attempts: 0 },
        stale: state.last > 0 && input.seq < state.last,
      }
    case 'event':
      if (input.event.seq <= state.last) return { state }
      return { state: { ...state, last: input.event.seq }, event: input.event }
    case 'lost':
      return { state, stale: true }
    case 'broken':
      return { state: { ...state, status: 'reconnecting', attempts: state.attempts + 1 } }
  }
}

/** resumeAfter is the number to go on from; undefined at the first time. Zero counts: a server that just started has told of nothing yet. */
export const resumeAfter = (state: StreamState): number | undefined => (state.status === 'connecting' ? undefined : state.last)

/** backoff is how long to wait before the next attempt, in milliseconds. */
export function backoff(attempts: number, random = Math.random): number {
  const ceiling = Math.min(15_000, 500 * 2 ** Math.min(attempts, 6))
  return ceiling / 2 + (random() * ceiling) / 2
}
