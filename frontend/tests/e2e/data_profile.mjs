// The first profile of a large table, and a snapshot of many files, in Chromium before the real server.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { large } from './data_compare.mjs'
import { bar, press, seen, slowly } from './hands.mjs'
import { assert, audit } from './harness.mjs'
import { began } from './world.mjs'

const line = (page, text) => page.locator('main .file', { hasText: text }).waitFor({ timeout: 60_000 })

export const tests = {
  async 'the first profile of a large table tells how far it is, need not be waited for, and is there when it is asked for again'(page) {
    const w = await began()
    large(w, 1_000_000)
    await w.enter(page, '/data')
    await slowly(w, async () => {
      await w.ok('data', 'add', 'data/large.csv')
      await w.enter(page, '/data/large/1')
      await bar(page)
      await page.locator('main p:has-text("MiB")').waitFor()
      assert.deepEqual(await audit(page, 'profiling'), [])
      await press(page, 'Cancel', 'main')
      await seen(page, 'Not waited for any more')
    })
    await press(page, 'Profile', 'main')
    await page.locator('main td b:text-is("value")').waitFor({ timeout: 60_000 })
    assert.equal(await page.locator('main progress').count(), 0)
  },

  async 'files come as they are seen, and what is found and chosen among many is what is brought back'(page) {
    const w = await began()
    const dir = join(w.dir, 'data', 'many')
    mkdirSync(dir)
    for (let i = 0; i < 12_000; i++) writeFileSync(join(dir, `f${String(i).padStart(5, '0')}.txt`), `${i}`)
    await w.ok('data', 'add', 'data/many')
    const asked = []
    page.on('request', (r) => r.url().includes('/files') && asked.push(new URL(r.url()).searchParams.get('offset')))
    await w.enter(page, '/data/many/1?tab=files')
    await line(page, 'f00000.txt')
    await seen(page, '12,000 files')
    assert.deepEqual(asked, ['0'])
    assert.ok(await page.locator('main [aria-label="Choose all that are shown"]').isDisabled(), 'more are chosen together than one may')
    await page.focus('main [role=region][aria-label="Files"]')
    await page.keyboard.press('End')
    await line(page, 'f11999.txt')
    assert.ok(asked.length < 20, `all were asked for: ${asked}`)
    await page.fill('main input[type=search]', 'F1199')
    await seen(page, '10 files')
    await line(page, 'f11990.txt')
    await page.getByLabel('Choose all that are shown').check()
    await seen(page, '10 files chosen')
    await page.fill('main input[type=search]', 'nothing is called that')
    await seen(page, 'No file has that in its path')
    await press(page, 'Check out', 'main')
    assert.equal((await page.inputValue('dialog textarea')).split('\n').length, 10)
  },
}
