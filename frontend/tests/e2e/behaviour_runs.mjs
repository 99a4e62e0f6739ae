// What a person does with the table of runs.
import { runs } from '../fixtures/runs.mjs'
import { seen, titled } from './hands.mjs'
import { assert, audit, enter, settled } from './harness.mjs'

const focusText = (page) => page.evaluate(() => document.activeElement?.textContent?.trim() ?? '')

export const tests = {
  async 'addresses that the mlflow client prints lead to our pages'(page, s) {
    await enter(page, s.url, `/experiments/1/runs/${runs[2].id}`)
    await page.waitForURL(`**/#/runs/${runs[2].id}`)
    await titled(page, 'weather-v2')
    await enter(page, s.url, '/models/weather/versions/2')
    await page.waitForURL('**/#/models/weather/2')
    await enter(page, s.url, '/experiments/1')
    await page.waitForURL('**/#/runs?experiment=1')
    assert.equal(await page.inputValue('select'), '1')
  },

  async 'the runs table is walked with arrows, chosen with space, opened with Enter'(page, s) {
    await enter(page, s.url, '/runs')
    await page.waitForSelector('[data-at="0"] a')
    await page.focus('[data-at="0"] a')
    await page.keyboard.press('ArrowDown')
    await page.waitForFunction(() => document.activeElement?.closest('[data-at]')?.getAttribute('data-at') === '1')
    await page.keyboard.press('Space')
    await page.keyboard.press('ArrowDown')
    await page.waitForFunction(() => document.activeElement?.closest('[data-at]')?.getAttribute('data-at') === '2')
    await page.keyboard.press('Space')
    await seen(page, 'Compare 2', 'body')
    const name = await focusText(page)
    await page.keyboard.press('Enter')
    await page.waitForFunction((n) => document.querySelector('main h1')?.textContent === n, name)
  },

  async 'the runs table draws only what is seen, and loads on while it is scrolled'(page, s) {
    await enter(page, s.url, '/runs')
    await page.waitForSelector('[data-at="0"]')
    const rows = await page.locator('[data-at]').count()
    assert.ok(rows < 70, `${rows} rows in the page`)
    await page.waitForFunction(() => {
      document.querySelector('[role=grid]').scrollTop += 1500
      return document.querySelector('[data-at="139"]')
    })
  },

  async 'search takes words and filters, and says what is wrong with one'(page, s) {
    await enter(page, s.url, '/runs')
    await page.keyboard.press('/')
    await page.keyboard.type('weather-v')
    await seen(page, '2 runs', 'body')
    await page.fill('[data-search]', 'metrics.accuracy > 0.79')
    await page.waitForFunction(() => /^\d+ runs$/.test(document.querySelector('.bar > span')?.textContent ?? '') && document.querySelector('.bar > span').textContent !== '2 runs')
    await page.fill('[data-search]', 'metrics.accuracy >')
    await seen(page, 'a value is missing', 'body')
    assert.equal(await page.getAttribute('[data-search]', 'aria-invalid'), 'true')
  },

  async 'columns are chosen, and remembered after a reload'(page, s) {
    await enter(page, s.url, '/runs')
    await page.click('text=Columns')
    assert.deepEqual(await audit(page, 'columns'), [])
    await page.click('dialog label:has-text("recall_wet")')
    await page.keyboard.press('Escape')
    await page.waitForSelector('[role=columnheader]:has-text("recall_wet")')
    await page.reload()
    await settled(page)
    await page.waitForSelector('[role=columnheader]:has-text("recall_wet")')
  },

  async 'events change a run in the table without loading it anew'(page, s) {
    await enter(page, s.url, '/runs')
    await page.waitForSelector('[data-at="0"]')
    let pages = 0
    page.on('request', (r) => /\/runs\?/.test(r.url()) && pages++)
    await page.evaluate((id) => fetch(`/api/v1/runs/${id}/stop`, { method: 'POST', body: '{}' }), runs[0].id)
    await page.waitForSelector('[role=row]:has-text("calm-drizzle-4") >> text=Stopped')
    assert.equal(pages, 0, 'the page of runs was asked for again')
  },
}
