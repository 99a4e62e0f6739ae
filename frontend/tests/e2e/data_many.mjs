// A snapshot of many files, in Chromium before the real server.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { press, seen } from './hands.mjs'
import { assert } from './harness.mjs'
import { began } from './world.mjs'

const line = (page, text) => page.locator('main .file', { hasText: text }).waitFor({ timeout: 60_000 })

export const tests = {
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
