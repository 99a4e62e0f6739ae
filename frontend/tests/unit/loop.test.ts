import { describe, expect, it } from 'vitest'
import type { Decision, Endpoint, Monitor, Run } from '$lib/api/types'
import { derive, headline, needs, stageIds, type World } from '$features/loop/derive'
import { arcs, box } from '$features/loop/ring'
import { recent } from '$features/loop/recent'
import { plan } from '$features/decisions/decision'
import { newest } from '$features/models/evidence'

const decision = (more: Partial<Decision>): Decision => ({ id: 'd', kind: 'retrain', model: 'm', on: 'drift', policy: 'ask', cause: { text: '' }, state: 'asked', text: '', opened_at: '', steps: [], ...more })
const of = (w: World, id: string) => derive(w).find((s) => s.id === id)!

describe('the ring', () => {
  it('has every stage, in the order of the lifecycle, even of an empty project', () => {
    expect(derive({}).map((s) => s.id)).toEqual([...stageIds])
    expect(derive({}).every((s) => s.tone === 'idle')).toBe(true)
  })
  it('shows work that runs before a failure that is over', () => {
    const last = { status: 'FAILED', name: 'x' } as Run
    expect(of({ last, queue: { parallel: 1, running: [], waiting: [] } }, 'training').tone).toBe('bad')
    expect(of({ last, queue: { parallel: 1, running: [last], waiting: [] } }, 'training').tone).toBe('run')
  })
  it('speaks of the worst endpoint and of all requests', () => {
    const e = (name: string, state: string) => ({ name, deployment: { state }, stats: { requests: 5, p99_us: 1 } }) as Endpoint
    const s = of({ endpoints: [e('a', 'ready'), e('b', 'failed')] }, 'serving')
    expect([s.tone, s.facts.endpoint, s.facts.requests]).toEqual(['bad', 'b', 10])
  })
  it('counts low quality as a problem although the inputs are quiet', () => {
    const m = { name: 'm', status: 'quiet', quality_now: { status: 'below' } } as Monitor
    expect(of({ monitors: [m] }, 'monitoring').tone).toBe('bad')
  })
  it('names a version by accuracy before anything else', () => expect(headline({ zeta: 1, accuracy: 0.8 })).toEqual({ name: 'accuracy', value: 0.8 }))

  it('lays its arcs on one circle, clockwise from the top, labels inside the box', () => {
    const all = arcs(7)
    expect(all[0]!.node).toEqual({ x: 380, y: 100 })
    expect(all[0]!.label.side).toBe('center')
    expect([all[1]!.label.side, all[6]!.label.side]).toEqual(['right', 'left'])
    for (const a of all) {
      expect(Math.hypot(a.node.x - box.width / 2, a.node.y - box.height / 2)).toBeCloseTo(190, 0)
      expect(a.label.y).toBeGreaterThan(0)
      expect(a.label.y).toBeLessThan(100)
    }
  })
})

describe('what needs a person', () => {
  it('puts trust first, and leaves out what runs or is answered', () => {
    const w: World = { decisions: [decision({}), decision({ id: 'e', state: 'promoted' })], pipeline: { stages: [{ state: 'stale', reasons: ['x'] }, { state: 'fresh', reasons: [] }] as never } }
    expect(needs(w, true).map((n) => n.kind)).toEqual(['trust', 'decision', 'pipeline'])
    const busy = { ...w, queue: { parallel: 1, running: [{ kind: 'execution' } as Run], waiting: [] } }
    expect(needs(busy, false).map((n) => n.kind)).toEqual(['decision'])
  })
})

it('what happened lately mixes decisions and runs, the newest first, without what still goes on', () => {
  const runs = [{ id: 'r', name: 'one', status: 'FINISHED', ended_at: '2026-01-02T00:00:00Z' }, { id: 's', name: 'two', status: 'RUNNING' }] as Run[]
  const list = recent([decision({ id: 'e', state: 'promoted', version: 2, closed_at: '2026-01-03T00:00:00Z' }), decision({})], runs, 5)
  expect(list.map((x) => x.href)).toEqual(['#/decisions/e', '#/runs/r'])
})

it('the newest run asks for a person when it has failed', () => expect(needs({ last: { id: 'r', status: 'FAILED' } as Run }, false).map((n) => n.kind)).toEqual(['run']))

describe('a decision', () => {
  const step = (name: string) => ({ name, text: '', at: '' })
  it('shows the step that runs and those to come', () => {
    const p = plan(decision({ state: 'running', steps: [step('feedback'), step('snapshot')] }))
    expect(p.map((x) => x.state)).toEqual(['done', 'done', 'running', 'pending', 'pending', 'pending', 'pending'])
  })
  it('shows where it failed, and nothing after that', () => {
    expect(plan(decision({ state: 'failed', steps: [step('feedback')] })).map((x) => [x.name, x.state])).toEqual([['feedback', 'done'], ['snapshot', 'failed']])
  })
  it('takes its own evidence before newer one', () => {
    const list = [{ at: '2026-01-02', decision: 'a' }, { at: '2026-01-01', decision: 'b' }] as never[]
    expect(newest(list, 'b')).toMatchObject({ decision: 'b' })
    expect(newest(list)).toMatchObject({ decision: 'a' })
  })
})
