import { describe, expect, it } from 'vitest'
import { backoff, resumeAfter, start, step, type RondoEvent } from '$lib/api/stream'

const event = (seq: number): RondoEvent => ({ seq, kind: 'run.create', id: 'r', time: '' })

describe('the event stream', () => {
  it('is live after hello and keeps the number it resumes from', () => {
    const { state, stale } = step(start, { type: 'hello', seq: 41 })
    expect(state).toEqual({ status: 'live', last: 41, attempts: 0 })
    expect(stale).toBe(false)
  })
  it('hands on each event once', () => {
    const live = step(start, { type: 'hello', seq: 0 }).state
    const one = step(live, { type: 'event', event: event(1) })
    expect(one.event?.seq).toBe(1)
    expect(step(one.state, { type: 'event', event: event(1) }).event).toBeUndefined()
  })
  it('looks again after a gap', () => expect(step(start, { type: 'lost' }).stale).toBe(true))
  it('knows another server by its smaller numbers, and follows them', () => {
    const before = { status: 'reconnecting' as const, last: 500, attempts: 3 }
    const hello = step(before, { type: 'hello', seq: 20 })
    expect(hello.stale).toBe(true)
    expect(step(hello.state, { type: 'event', event: event(21) }).event?.seq).toBe(21)
  })
  it('counts failed attempts until it is live again', () => {
    let state = step(start, { type: 'broken' }).state
    state = step(state, { type: 'broken' }).state
    expect(state).toMatchObject({ status: 'reconnecting', attempts: 2 })
    expect(step(state, { type: 'hello', seq: 1 }).state.attempts).toBe(0)
  })
  it('goes on after nothing when nothing has been told yet', () => {
    expect(resumeAfter(start)).toBeUndefined()
    const cut = step(step(start, { type: 'hello', seq: 0 }).state, { type: 'broken' }).state
    expect(resumeAfter(cut)).toBe(0)
  })
  it('waits longer each time, up to a limit', () => {
    const half = () => 0.5
    expect(backoff(1, half)).toBeLessThan(backoff(3, half))
    expect(backoff(50, () => 1)).toBe(15_000)
  })
})
