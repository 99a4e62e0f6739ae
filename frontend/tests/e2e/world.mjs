// A real project with a real server, for tests of what happens when something is wrong.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { settled } from './harness.mjs'

export const rondo = fileURLToPath(new URL('../../../build/bin/rondo', import.meta.url))
const open = new Set()
let trained

export class World {
  constructor(folder, { exe = rondo, uid } = {}) {
    Object.assign(this, { folder, dir: join(folder, 'weather'), home: join(folder, 'home'), exe, uid })
    this.env = { ...process.env, RONDO_HOME: this.home, RONDO_ACTOR: 'ann', DISPLAY: '', WAYLAND_DISPLAY: '' }
    open.add(this)
  }

  /** run is the command line; it never throws. */
  run(...args) {
    return new Promise((done) => execFile(this.exe, args, { cwd: existsSync(this.dir) ? this.dir : this.folder, env: this.env, maxBuffer: 1 << 24 }, (error, out, err) => done({ code: error?.code ?? 0, out, err })))
  }

  async ok(...args) {
    const r = await this.run(...args)
    if (r.code !== 0) throw new Error(`rondo ${args.join(' ')}: ${r.code}\n${r.out}${r.err}`)
    return r.out
  }

  /** serve starts the server and waits until it answers. */
  async serve() {
    this.server = spawn(this.exe, ['serve', '--project', this.dir, '--port', '-1', '--serving-port', '-1'], { cwd: this.home, env: this.env, stdio: ['ignore', 'pipe', 'pipe'], ...(this.uid ? { uid: this.uid, gid: this.uid } : {}) })
    let said = ''
    for (const s of [this.server.stdout, this.server.stderr]) s.on('data', (d) => (said += d))
    const ended = once(this.server, 'exit')
    for (;;) {
      const found = readdirSync(this.home).map((d) => join(this.home, d, 'server.json')).find(existsSync)
      if (found) {
        this.info = JSON.parse(readFileSync(found, 'utf8'))
        if (this.info.process.pid === this.server.pid) return this
      }
      const gone = await Promise.race([ended.then(() => true), new Promise((r) => setTimeout(r, 20))])
      if (gone) throw new Error(`the server ended: ${said}`)
    }
  }

  async stop() {
    if (!this.server) return
    const ended = this.server.exitCode === null && this.server.signalCode === null ? once(this.server, 'exit') : undefined
    this.server.kill('SIGTERM')
    await ended
    this.server = undefined
  }

  async api(method, path, body, base = '/api/v1') {
    const res = await fetch(this.info.url + base + path, { method, headers: { Authorization: `Bearer ${this.info.token}`, 'Content-Type': 'application/json' }, body: body === undefined ? undefined : JSON.stringify(body) })
    return { status: res.status, json: await res.json().catch(() => undefined) }
  }

  /** until asks until the answer is so. */
  async until(path, is, most = 60_000) {
    for (const end = Date.now() + most; ; ) {
      const { json } = await this.api('GET', path)
      if (is(json)) return json
      if (Date.now() > end) throw new Error(`${path} never becomes so: ${JSON.stringify(json).slice(0, 400)}`)
      await new Promise((r) => setTimeout(r, 40))
    }
  }

  /** enter opens the UI by a link that works once, at a path. */
  async enter(page, path = '/') {
    if (!this.known?.has(page)) {
      await page.goto(this.info.url + (await this.launch()))
      await page.waitForURL((u) => u.pathname === '/')
      await settled(page)
      ;(this.known ??= new Set()).add(page)
    }
    await page.goto(`${this.info.url}/#${path}`)
    await settled(page)
  }

  async launch() {
    const { json } = await this.api('POST', '/launch', {})
    const at = new URL(json.url)
    return at.pathname + at.search
  }

  async close() {
    await this.stop()
    await this.before?.()
    rmSync(this.folder, { recursive: true, force: true })
    open.delete(this)
  }
}

const folder = () => {
  const dir = mkdtempSync(join(tmpdir(), 'rondo-e2e-'))
  chmodSync(dir, 0o755)
  return dir
}

/** fresh is a new weather project, trusted, with its server. */
export async function fresh(at = folder(), options = {}) {
  const w = new World(at, options)
  await w.ok('init', '--sample', 'weather', w.dir)
  return w
}

/** empty is a project in which there is nothing yet, with its server. */
export async function empty() {
  const w = new World(folder())
  await w.ok('init', w.dir)
  mkdirSync(w.home, { recursive: true })
  return w.serve()
}

/** began is a fresh project whose commands are trusted and whose server runs. */
export async function began(at, options) {
  const w = await fresh(at, options)
  mkdirSync(w.home, { recursive: true })
  await w.serve()
  await w.ok('trust', '--yes')
  return w
}

/** learned is a project that has been round once: a snapshot, a model, an endpoint. It is made once and copied. */
export async function learned() {
  trained ??= (async () => {
    const w = await began()
    await w.ok('data', 'snapshot', 'weather')
    await w.ok('repro')
    await w.until('/endpoints', (list) => list[0]?.deployment.state === 'ready')
    await w.stop()
    open.delete(w)
    return w
  })()
  const from = await trained
  const w = new World(folder())
  for (const part of ['weather', 'home']) cpSync(join(from.folder, part), join(w.folder, part), { recursive: true, preserveTimestamps: true })
  for (const d of readdirSync(w.home)) // as on a machine of its own, where the first is not
    if (existsSync(join(w.home, d, 'place'))) writeFileSync(join(w.home, d, 'place'), w.dir + '\n')
  return w.serve()
}

/** closeWorlds ends all servers and removes their folders; all of them also the one that others are copied from. */
export async function closeWorlds(all = false) {
  for (const w of [...open]) await w.close()
  if (all && trained) await (await trained).close()
}
