// The newcomer's way by the keyboard alone, in Chromium before the real server: from a folder in which there is nothing but
// a table to a model that answers and is watched.
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { seen, titled } from './hands.mjs'
import { assert, settled } from './harness.mjs'
import { back, button, focus, is, kept, press, reach, tab, type } from './keyboard.mjs'
import { empty, fresh } from './world.mjs'

/** at goes to one of the main pages by g and its letter. */
async function at(page, key, title) {
  await page.keyboard.press('g')
  await page.keyboard.press(key)
  await titled(page, title)
  await settled(page)
}

/** row opens the row of a table that says text. */
async function row(page, text, title) {
  await reach(page, page.locator('main [data-row]', { hasText: text }))
  await page.keyboard.press('Enter')
  await titled(page, title)
  await settled(page)
}

/** leave closes what is open by Escape and says whether the focus is where it was opened. */
async function leave(page, opener) {
  await page.waitForSelector('dialog')
  for (let i = 0; i < 12; i++) {
    await page.keyboard.press('Tab')
    const f = await page.evaluate(() => ({ in: !!document.activeElement.closest('dialog'), body: document.activeElement === document.body, html: document.activeElement.outerHTML.slice(0, 120) }))
    assert.ok(f.in || f.body, `Tab leaves the dialog of ${opener} for ${f.html}`)
  }
  await page.keyboard.press('Escape')
  await back(page, opener)
}

export const tests = {
  async 'the loop by keys: from an empty folder to a model that answers and is watched'(page) {
    const w = await empty()
    const sample = await fresh()
    mkdirSync(join(w.dir, 'data'))
    for (const f of ['params.yaml', 'data/weather.csv']) copyFileSync(join(sample.dir, f), join(w.dir, f))
    const yaml = readFileSync(join(sample.dir, 'rondo.yaml'), 'utf8')
    await sample.close()

    await w.enter(page, '/')
    await reach(page, page.locator('main a[href="#/data?add=1"]'))
    await page.keyboard.press('Enter')
    await type(page, 'Path in the project', 'data/weather.csv')
    await press(page, 'Add data', 'dialog')
    await titled(page, 'weather')
    await page.waitForSelector('main a[data-row] >> text=@1')
    await kept(page, 'adding data')
    await press(page, 'Take a snapshot')
    await leave(page, 'Take a snapshot')

    await at(page, 's', 'Settings')
    await press(page, 'Edit')
    await page.waitForSelector('main textarea')
    await page.keyboard.press('Control+a')
    await page.keyboard.insertText(yaml)
    await page.keyboard.press('Control+Enter')
    await press(page, 'Trust exactly this', 'dialog')
    await page.waitForSelector('dialog', { state: 'detached' })
    await kept(page, 'trusting')

    await at(page, 'p', 'Pipeline')
    await reach(page, page.locator('main [data-box=prepare]'))
    for (const key of ['ArrowRight', 'ArrowRight', 'ArrowLeft']) await page.keyboard.press(key)
    assert.equal(await page.evaluate(() => document.activeElement.dataset.box), 'train')
    await page.keyboard.press('Enter')
    await seen(page, 'rondo step train')
    await press(page, 'Run with …')
    await leave(page, 'Run with …')
    await press(page, 'Run')
    await page.waitForSelector('main h1:not(:text-is("Pipeline"))')
    await kept(page, 'the start of a run')
    await w.until('/endpoints', (list) => list[0]?.deployment.state === 'ready')

    await at(page, 'r', 'Runs')
    await reach(page, page.locator('main [role=row] a'))
    await page.keyboard.press('Enter')
    await page.waitForSelector('main h1:not(:text-is("Runs"))')
    await settled(page)
    for (const name of ['Metrics', 'System', 'Log', 'Artifacts', 'Code', 'Environment']) await tab(page, name)
    await kept(page, 'the tabs of a run')

    await at(page, 'm', 'Models')
    await row(page, 'weather', 'weather')
    await row(page, 'Version 1', 'weather · Version 1')
    await press(page, 'Set alias')
    await leave(page, 'Set alias')
    await press(page, 'Set alias')
    await reach(page, page.locator('dialog input').first())
    await page.keyboard.press('Control+a')
    await page.keyboard.type('challenger')
    await page.keyboard.press('Tab')
    await page.keyboard.type('to try')
    await page.keyboard.press('Enter')
    await back(page, 'Set alias')
    await seen(page, 'challenger')

    await at(page, 'e', 'Endpoints')
    await press(page, 'Create endpoint')
    await leave(page, 'Create endpoint')
    await press(page, 'Create endpoint')
    await page.waitForSelector('dialog select')
    await reach(page, page.locator('dialog').getByLabel('Name'))
    await page.keyboard.type('second')
    await page.keyboard.press('Enter')
    await page.waitForSelector('dialog', { state: 'detached' })
    await kept(page, 'creating an endpoint')
    await w.until('/endpoints/second', (e) => e.deployment?.state === 'ready')

    await at(page, 'e', 'Endpoints')
    await row(page, 'weather', 'weather')
    await tab(page, 'Playground')
    await press(page, 'Ask')
    await seen(page, 'version 1, in')
    await kept(page, 'a prediction')
    await tab(page, 'Captures')

    await at(page, 'o', 'Monitors')
    await row(page, 'weather', 'weather')
    await press(page, 'Evaluate now')
    await page.waitForSelector('.toasts .toast')
    await kept(page, 'an evaluation')
    assert.ok(await is(button(page, 'Evaluate now')), `the focus is on ${(await focus(page)).html}`)
    await at(page, 'c', 'Decisions')
    await at(page, 'l', 'Loop')
  },
}
