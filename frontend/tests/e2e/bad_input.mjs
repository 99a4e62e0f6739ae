// What a person sees who typed or wrote something wrong: the thing by its name, and the way out. All of it
// in Chromium before the real server; what is broken here is really broken.
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { alert, edit, paste, press, seen } from './hands.mjs'
import { assert, audit } from './harness.mjs'
import { began, learned } from './world.mjs'

export const tests = {
  async 'a dataset that is refused is not added: its dialog says why, stays, and adds it when that is mended'(page) {
    const w = await began()
    const dir = join(w.dir, 'data', 'pictures')
    mkdirSync(dir)
    writeFileSync(join(dir, 'a.txt'), 'a')
    symlinkSync('/etc/passwd', join(dir, 'out'))
    await w.enter(page, '/data?add=1')
    await page.fill('dialog input[placeholder="data/reviews.csv"]', 'data/pictures')
    await press(page, 'Add data')
    await seen(page, 'out is a symbolic link', 'dialog')
    assert.deepEqual(await audit(page, 'refused'), [])
    assert.doesNotMatch(await w.ok('data', 'list'), /pictures/)
    rmSync(join(dir, 'out'))
    await press(page, 'Add data')
    await page.waitForSelector('main a[data-row] >> text=@1')
    assert.match(await w.ok('data', 'list'), /pictures/)
  },

  async 'wrong types and missing columns are named where they were typed'(page) {
    const w = await learned()
    await w.enter(page, '/endpoints/weather?tab=playground')
    await page.fill('label:has-text("wind") input', 'strong')
    await page.click('main >> text=Ask')
    assert.match(await alert(page, 'column "wind"'), /double.*text/s)
    await page.fill('label:has-text("wind") input', '3')
    await page.fill('label:has-text("day") input', '')
    await page.click('main >> text=Ask')
    assert.match(await alert(page, 'column "day" is missing'), /temp_min \(double\)/)
    await page.fill('label:has-text("day") input', '3')
    await page.click('main >> text=Ask')
    await seen(page, 'version 1, in')
    assert.equal(await page.locator('main [role=alert]').count(), 0, 'what was wrong is still told')
  },

  async 'a wrong setting and a wrong param are refused, and what was typed stays'(page) {
    const w = await learned()
    await w.enter(page, '/settings')
    await page.fill('label:has-text("Your name") input', 'mina')
    await page.fill('label:has-text("Days that") input', '')
    await press(page, 'Save', 'main')
    assert.ok(await page.$eval('label:has-text("Days that") input', (e) => e.validationMessage), 'the browser names the field')
    await page.fill('label:has-text("Days that") input', '-3')
    await press(page, 'Save', 'main')
    assert.ok(await page.$eval('label:has-text("Days that") input', (e) => e.validationMessage), 'fewer than no days')
    assert.equal((await w.api('GET', '/settings')).json.actor === 'mina', false, 'half of it was saved')
    assert.equal(await page.inputValue('label:has-text("Your name") input'), 'mina')
    await page.fill('label:has-text("Days that") input', '7')
    await press(page, 'Save', 'main')
    await w.until('/settings', (s) => s.actor === 'mina' && s.keep_captures_days === 7)
    await w.enter(page, '/pipeline')
    await page.click('text=Run with')
    await page.fill('dialog textarea', 'train.l2 0.3')
    await press(page, 'Run')
    await alert(page, '“train.l2 0.3” is no key=value', 'dialog')
    assert.equal(await page.inputValue('dialog textarea'), 'train.l2 0.3')
    await paste(page, 'dialog textarea', Array.from({ length: 100_000 }, (_, i) => `p${i}=1`).join('\n'), 1)
    await press(page, 'Run')
    assert.match(await alert(page, '100000 params', 'dialog'), /1000.*params\.yaml/s)
    await paste(page, 'dialog textarea', 'train.l2=much', 1)
    await press(page, 'Run')
    await page.waitForURL('**/#/pipeline/*')
    await seen(page, 'stands where a number is wanted')
  },

  async 'a column that the data lacks is named by the stage that wants it'(page) {
    const w = await began()
    edit(join(w.dir, 'data', 'weather.csv'), 'temp_min', 'temp_low')
    await w.enter(page, '/pipeline')
    await press(page, 'Run', 'main')
    await page.waitForURL('**/#/pipeline/*')
    await seen(page, 'has no column "temp_min"')
    await seen(page, 'it has location, date')
  },

  async 'what is not there is said once on its page, with the way back'(page) {
    const w = await learned()
    for (const [path, back] of [
      ['/runs/nobody', 'Runs'], ['/pipeline/nobody', 'Pipeline'], ['/models/nobody', 'Models'], ['/models/weather/99', 'weather'], ['/models/weather/x', 'weather'], ['/prompts/nobody', 'Prompts'],
      ['/data/nobody', 'Data'], ['/data/weather/99', 'weather'], ['/endpoints/nobody', 'Endpoints'], ['/monitors/nobody', 'Monitors'], ['/monitors/weather/nobody', 'weather'], ['/decisions/nobody', 'Decisions'], ['/traces/tr-nobody', 'Traces'],
    ]) {
      await w.enter(page, path)
      const name = decodeURIComponent(path.split('/').pop())
      await alert(page, name)
      assert.equal(await page.locator('main [role=alert]').count(), 1, `${path} says it more than once`)
      assert.equal(await page.locator('main header').getByRole('button').count(), 0, `${path} offers to do something with what is not there`)
      if (path === '/runs/nobody') assert.deepEqual(await audit(page, path), [])
      await page.click(`main [role=alert] >> text=Back to ${back}`)
      await page.waitForFunction((t) => document.querySelector('main h1')?.textContent.includes(t), back === 'Prompts' ? 'Models' : back)
      await page.waitForFunction(() => !document.querySelector('main [role=alert]')) // a page of the same name has the heading before
    }
    await w.enter(page, '/compare?ids=nobody,anybody')
    await alert(page, 'nobody')
  },

  async 'ragged rows are told with their line after a snapshot'(page) {
    const w = await began()
    const path = join(w.dir, 'data', 'weather.csv')
    const rows = readFileSync(path, 'utf8').split('\n')
    rows[49] = rows[49].slice(0, rows[49].lastIndexOf(','))
    writeFileSync(path, rows.join('\n'))
    await w.enter(page, '/data/weather')
    await page.click('main >> text=Take a snapshot')
    await press(page, 'Take a snapshot')
    await page.click('main td a[data-row]')
    await seen(page, 'line 50: it has 6 fields, and the header has 7')
    await seen(page, 'take another snapshot')
    assert.deepEqual(await audit(page, 'ragged'), [])
  },
}
