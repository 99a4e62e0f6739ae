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

  async 'the heads of the runs table are pressed by Space, and Tab leads to a row wherever the table was scrolled'(page, s) {
    await enter(page, s.url, '/runs')
    const head = page.locator('[role=columnheader] button', { hasText: 'Name' })
    await head.focus()
    await page.keyboard.press('Space')
    await page.waitForSelector('[role=columnheader][aria-sort]:has-text("Name")')
    assert.equal(await page.locator('[role=row][aria-selected=true]').count(), 0, 'a run was chosen by the head of a column')
    await page.keyboard.press('ArrowDown')
    assert.ok(await head.evaluate((e) => e === document.activeElement), 'an arrow took the focus from the head')
    const byTab = async (from) => {
      await from.focus()
      for (let i = 0; i < 20; i++) {
        await page.keyboard.press('Tab')
        if (await page.evaluate(() => !!document.activeElement.closest('[data-at]'))) return page.evaluate(() => Number(document.activeElement.closest('[data-at]').dataset.at))
      }
      return assert.fail('Tab leads to no row')
    }
    await byTab(head)
    await page.keyboard.press('End')
    await page.waitForFunction(() => document.activeElement?.closest('[data-at="99"]'))
    await page.evaluate(() => document.querySelector('[role=grid]').scrollTo(0, 0))
    await page.waitForFunction(() => !document.querySelector('[data-at="99"]'))
    assert.equal(await byTab(head), 0)
    await page.keyboard.press('End')
    await page.fill('[data-search]', 'weather-v')
    await page.waitForFunction(() => document.querySelectorAll('[data-at]').length === 2)
    await byTab(page.locator('[data-search]'))
  },

  async 'PageDown and PageUp go by what is seen of the runs, and the focus stays in the table'(page, s) {
    await enter(page, s.url, '/runs')
    await page.waitForSelector('[data-at="0"] a')
    await page.focus('[data-at="0"] a')
    const place = () => page.evaluate(() => Number(document.activeElement.closest('[data-at]')?.dataset.at ?? -1))
    const come = (is) => page.waitForFunction(is, undefined, { timeout: 5000 }).catch(async () => assert.fail(`the focus is at row ${await place()}`))
    await page.keyboard.press('PageDown')
    await come(() => Number(document.activeElement.closest('[data-at]')?.dataset.at) > 5)
    const by = await place()
    assert.ok(by < 40, `one page is ${by} rows`)
    await page.keyboard.press('PageDown')
    await page.keyboard.press('PageDown')
    await page.waitForFunction((n) => Number(document.activeElement.closest('[data-at]')?.dataset.at) === n, by * 3)
    for (let i = 0; i < 4; i++) await page.keyboard.press('PageUp')
    await come(() => document.activeElement.closest('[data-at="0"]'))
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
