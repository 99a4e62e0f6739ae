// A project that may not be written to, in Chromium before the real server: it says so once, and what would change it is off.
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seen } from './hands.mjs'
import { assert, audit } from './harness.mjs'
import { fresh, rondo } from './world.mjs'

const root = process.getuid?.() === 0
const pages = {
  '/data': ['Add data'],
  '/data?tab=disk': ['See what would be removed'],
  '/data/weather': ['Take a snapshot', 'Remove the dataset', 'Tag', 'Check out'],
  '/data/weather/1': ['Check out'],
  '/pipeline': ['Run with …', 'Run'],
  '/runs': ['Launch a run'],
}

export const tests = {
  async 'a project that can only be looked at says so once, and what would change it is off'(page) {
    const at = mkdtempSync(join(tmpdir(), 'rondo-e2e-'))
    chmodSync(at, 0o755)
    const exe = join(at, 'rondo') // where nobody may run it, too
    copyFileSync(rondo, exe)
    const w = await fresh(at, { exe })
    mkdirSync(w.home)
    await w.ok('data', 'snapshot', 'weather')
    await w.ok('stop')
    const mode = (m) => execFileSync('chmod', ['-R', m, w.dir])
    mode('a-w,a+rX')
    w.before = () => mode('u+w')
    if (root) w.uid = 65534
    execFileSync('chmod', ['-R', 'a+rwX', w.home])
    await w.serve()
    const refused = []
    page.on('response', (r) => r.status() >= 400 && refused.push(`${r.status()} ${r.url()}`))
    for (const [path, names] of Object.entries(pages)) {
      await w.enter(page, path)
      await seen(page, 'What would change the project is off')
      assert.equal(await page.locator('main .banner').count(), 1)
      for (const name of names) {
        const all = page.locator('main').getByRole('button', { name, exact: true })
        await all.first().waitFor({ timeout: 60_000 })
        for (const one of await all.all()) assert.ok(await one.isDisabled(), `${path}: ${name} is offered`)
      }
      assert.equal(await page.locator('dialog[open]').count(), 0, `${path} asks for what cannot be done`)
      assert.deepEqual(await audit(page, path), [])
    }
    assert.deepEqual(refused, [], 'a page asked for what is refused')
    // the page is drawn before it is known that nothing may be changed
    await w.enter(page, '/data?tab=disk')
    let answer
    await page.route('**/api/v1/project', (route) => (answer = () => route.continue()))
    await page.reload()
    await seen(page, 'What takes the room')
    answer()
    await seen(page, 'What would change the project is off')
    assert.deepEqual(refused, [], 'a page asked for what is refused, before it knew')
    await page.unroute('**/api/v1/project')
    await w.enter(page, '/data/weather')
    await page.locator('main').getByRole('button', { name: 'Verify' }).first().click()
    await seen(page, 'Every byte', '.toasts')
  },
}
