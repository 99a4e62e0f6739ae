// What a person sees when the disk is full, damaged or closed, or of another time.
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, writeSync, openSync, closeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { alert, edit, press, seen } from './hands.mjs'
import { assert } from './harness.mjs'
import { fresh, learned, rondo, World } from './world.mjs'

const root = process.getuid?.() === 0

export const tests = {
  async 'a damaged object is never shown; it is named, and the way to repair it'(page) {
    const w = await learned()
    await w.stop()
    const packs = join(w.dir, '.rondo', 'objects', 'packs')
    const pack = readdirSync(packs).filter((f) => f.endsWith('.pack'))
    assert.ok(pack.length)
    for (const p of pack) {
      const file = join(packs, p)
      chmodSync(file, 0o644)
      const bytes = readFileSync(file)
      bytes[bytes.length >> 1] ^= 0x20
      writeFileSync(file, bytes)
    }
    await w.serve()
    await w.enter(page, '/data/weather/1?tab=rows')
    assert.match(await alert(page, 'is damaged'), /backup|remote|fsck/)
    await w.enter(page, '/data/weather')
    await page.click('main >> text=Verify')
    await seen(page, 'weather: object', '.toasts')
    await seen(page, 'rondo fsck', '.toasts')
    await w.enter(page, '/settings')
    await page.click('main >> text=Verify everything')
    await seen(page, `${pack[0].slice(0, 12)}….pack`)
  },

  async 'a model file that was cut short goes nowhere, and every page says so'(page) {
    const w = await learned()
    const yaml = join(w.dir, 'rondo.yaml')
    edit(yaml, '    outs: [model]\n', '    outs: [model]\n  cut:\n    cmd: [cp -r model cut, truncate -s 200 cut/model.onnx]\n    deps: [model]\n    outs: [cut]\n')
    edit(yaml, '    path: model\n', '    path: cut\n')
    await w.ok('trust', '--yes')
    await w.ok('repro')
    const list = await w.until('/decisions', (l) => l.some((d) => /cut short/.test(d.text)))
    await w.enter(page, `/decisions/${list.find((d) => /cut short/.test(d.text)).id}`)
    await seen(page, 'cut short')
    await w.enter(page, '/models/weather/2')
    await page.click('main >> text=Set alias')
    await press(page, 'Set alias')
    await alert(page, 'cut short', 'dialog')
    await page.keyboard.press('Escape')
    assert.equal((await w.api('POST', '/endpoints', { name: 'trial', model: 'weather', version: 1 })).status, 200)
    await w.enter(page, '/endpoints/trial')
    await page.click('main >> text=Route elsewhere')
    await page.fill('dialog input', '2')
    await press(page, 'Route elsewhere')
    await alert(page, 'cut short', 'dialog')
    assert.equal(await page.inputValue('dialog input'), '2')
    await page.keyboard.press('Escape')
    await seen(page, 'weather · Version 1')
  },

  async 'a full disk is said in the dialog that needs the room, and with room it goes on from there'(page) {
    if (!root || process.platform !== 'linux') return console.log('      not tried: only root can mount a small disk')
    const disk = mkdtempSync(join(tmpdir(), 'rondo-e2e-disk-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', disk])
    const home = mkdtempSync(join(tmpdir(), 'rondo-e2e-'))
    const w = new World(home)
    w.dir = join(disk, 'weather')
    w.before = () => (execFileSync('umount', ['-l', disk]), rmSync(disk, { recursive: true, force: true }))
    await w.ok('init', '--sample', 'weather', w.dir)
    mkdirSync(w.home)
    await w.serve()
    await w.ok('trust', '--yes')
    await w.enter(page, '/data/weather')
    const filler = join(w.dir, 'filler')
    const f = openSync(filler, 'w')
    try {
      for (const block = Buffer.alloc(4096); ; ) writeSync(f, block)
    } catch (e) {
      assert.equal(e.code, 'ENOSPC')
    }
    closeSync(f)
    await page.click('main >> text=Take a snapshot')
    await page.fill('dialog input:not([type=checkbox])', 'the first')
    await press(page, 'Take a snapshot')
    assert.match(await alert(page, 'the disk is full', 'dialog'), /free some space/)
    assert.equal(await page.inputValue('dialog input:not([type=checkbox])'), 'the first')
    rmSync(filler)
    await press(page, 'Take a snapshot')
    await page.waitForSelector('dialog', { state: 'detached' })
    await seen(page, 'the first')
  },

  async 'a folder that may not be written to is read on, and says what cannot be done'(page) {
    const at = mkdtempSync(join(tmpdir(), 'rondo-e2e-'))
    chmodSync(at, 0o777)
    const exe = join(at, 'rondo') // where nobody may run it, too
    copyFileSync(rondo, exe)
    const w = await fresh(at, { exe, uid: root ? 65534 : undefined })
    mkdirSync(w.home)
    chmodSync(w.home, 0o777)
    const mode = (m) => execFileSync('chmod', ['-R', m, w.dir])
    mode('a+rwX')
    await w.serve()
    await w.ok('trust', '--yes')
    await w.ok('data', 'snapshot', 'weather')
    w.before = () => mode('u+w')
    await w.enter(page, '/runs')
    mode('a-w')
    await page.click('main >> text=Launch a run')
    await page.fill('dialog input.mono', 'true')
    await press(page, 'Launch a run')
    await page.waitForURL('**/#/runs/*')
    await seen(page, 'permission denied')
    await seen(page, 'make it writable')
    await w.enter(page, '/data/weather/1')
    await seen(page, 'temp_max')
    mode('a+w')
    await w.enter(page, '/runs')
    await page.click('main >> text=Launch a run')
    await page.fill('dialog input.mono', 'true')
    await press(page, 'Launch a run')
    await page.waitForURL('**/#/runs/*')
    await page.waitForSelector('main header >> text=Finished')
  },

  async 'a folder from a newer format opens neither window nor browser, and says why'() {
    const w = await fresh()
    const format = join(w.dir, '.rondo', 'format')
    writeFileSync(format, readFileSync(format, 'utf8').replace('rondo 1', 'rondo 7').replace(/^check .*\n/m, ''))
    for (const args of [['open'], ['open', '--browser'], ['open', '--print']]) {
      const r = await w.run(...args)
      assert.equal(r.code, 4, `rondo ${args.join(' ')}`)
      assert.match(r.err, /format 7 and this Rondo writes format 1: get a newer Rondo/)
    }
  },
}
