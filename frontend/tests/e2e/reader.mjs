// What a person asks of the browser is kept to: larger letters, colours of their own, more contrast; and a page as narrow as a phone.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { fixtureScreens } from './screens.mjs'
import { assert, enter, launching, wide } from './harness.mjs'

const at = (names) => names.map((n) => [n, fixtureScreens[n]])

/** cut names what has words that its box has no room for. */
const cut = (page) =>
  page.evaluate(() => {
    const boxes = 'button, a.button, [data-box], .item, .chip, .state, label'
    return [...document.querySelectorAll('main *, nav *')]
      .filter((e) => e.checkVisibility() && !e.closest('.sr, svg') && [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()))
      .filter((e) => {
        const range = document.createRange()
        range.selectNodeContents(e)
        const box = e.closest(boxes)
        return box && range.getBoundingClientRect().height > box.getBoundingClientRect().height + 2
      })
      .map((e) => e.outerHTML.slice(0, 120))
  })

const overlap = (page, selector) =>
  page.evaluate((s) => {
    const all = [...document.querySelectorAll(s)].map((e) => [e.textContent.trim(), e.getBoundingClientRect()])
    return all.flatMap(([a, p], i) => all.slice(i + 1).filter(([, q]) => p.left < q.right - 1 && q.left < p.right - 1 && p.top < q.bottom - 1 && q.top < p.bottom - 1).map(([b]) => `${a} / ${b}`))
  }, selector)

const style = (page, selector, name) => page.locator(selector).first().evaluate((e, n) => getComputedStyle(e)[n], name)

export const tests = {
  async 'letters of twice the size are as large everywhere, and nothing is cut'(_, s) {
    const profile = mkdtempSync(join(tmpdir(), 'rondo-letters-'))
    mkdirSync(join(profile, 'Default'))
    writeFileSync(join(profile, 'Default', 'Preferences'), JSON.stringify({ webkit: { webprefs: { default_font_size: 32, default_fixed_font_size: 32 } } }))
    const context = await chromium.launchPersistentContext(profile, { ...launching, viewport: { width: 1360, height: 860 }, reducedMotion: 'reduce' })
    try {
      const page = await context.newPage()
      for (const [name, path] of at(['loop', 'data', 'data-dvc', 'snapshot-rows', 'snapshot-lineage', 'pipeline', 'runs', 'run-log', 'models', 'playground', 'monitor', 'decisions', 'settings'])) {
        await enter(page, s.url, path)
        assert.equal(await style(page, 'main', 'fontSize'), '26px', name)
        assert.ok(!(await wide(page)), `${name} scrolls sideways`)
        assert.deepEqual(await cut(page), [], name)
      }
      assert.ok(await page.locator('nav a[href="#/settings"]').evaluate((e) => (e.focus(), e.getBoundingClientRect().bottom <= innerHeight)), 'a place of the program is not reached')
    } finally {
      await context.close()
      rmSync(profile, { recursive: true, force: true })
    }
  },

  async 'on a page of 400 pixels the labels of the loop, alerts and paths have room'(page, s) {
    await page.setViewportSize({ width: 400, height: 860 })
    await enter(page, s.url, '/')
    assert.deepEqual(await overlap(page, '.ring a'), [])
    for (const [name, path] of at(['monitors', 'data-dvc', 'data-exps', 'tracked-stage', 'runs', 'traces', 'model-history', 'window'])) {
      await enter(page, s.url, path)
      const out = await page.evaluate(() => [...document.querySelectorAll('main .panel > :is(header, .body:not(.flush)) *')].filter((e) => e.checkVisibility() && !e.closest('.sr, svg, pre, .scroll, table, .view, .plot') && e.getBoundingClientRect().right > innerWidth).map((e) => e.outerHTML.slice(0, 100)))
      assert.deepEqual(out, [], name)
    }
    const width = async (path, selector) => (await enter(page, s.url, path), page.locator(selector).first().evaluate((e) => e.getBoundingClientRect().width))
    assert.ok((await width('/data?tab=dvc', 'main td a[data-row]')) > 80, 'a path has no room')
    assert.ok((await width('/monitors', 'main li .grow')) > 180, 'an alert has no room')
    assert.ok((await width('/runs', 'main [data-search]')) > 180, 'the search of runs has no room')
    await enter(page, s.url, '/data/weather/2?tab=used')
    assert.ok(await page.locator('main [role=tab][aria-selected=true]').evaluate((e) => e.getBoundingClientRect().right <= innerWidth), 'the chosen tab is not seen')
  },

  async 'with colours of the person\'s own what is chosen, switched and drawn is still told'(page, s) {
    await page.emulateMedia({ forcedColors: 'active' })
    await enter(page, s.url, '/data?tab=exps')
    assert.equal(await style(page, 'nav [aria-current=page]', 'outlineStyle'), 'solid')
    assert.equal(await style(page, 'nav a.item:not([aria-current])', 'outlineStyle'), 'none')
    assert.equal(await style(page, 'main [role=tab][aria-selected=true]', 'outlineStyle'), 'solid')
    const [track, ground] = [await style(page, 'main label:has([role=switch]) > i', 'backgroundColor'), await style(page, 'body', 'backgroundColor')]
    assert.notEqual(track, ground, 'a switch is not seen')
    await enter(page, s.url, '/host')
    await page.waitForSelector('main canvas')
    const colours = await page.locator('main canvas').evaluateAll((all) => {
      const seen = new Set()
      for (const c of all) {
        const { data } = c.getContext('2d').getImageData(0, 0, c.width, c.height)
        for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200 && Math.max(data[i], data[i + 1], data[i + 2]) - Math.min(data[i], data[i + 1], data[i + 2]) > 60) seen.add(`${data[i] >> 6} ${data[i + 1] >> 6} ${data[i + 2] >> 6}`)
      }
      return seen.size
    })
    assert.ok(colours > 2, `the charts have ${colours} colours`)
  },

  async 'who asks for more contrast gets fine print as dark as the rest'(page, s) {
    await enter(page, s.url, '/data')
    const ink = async () => Number(/[\d.]+/.exec(await style(page, 'main .dim', 'color'))[0]) // of lab: how light it is
    const usual = await ink()
    await page.emulateMedia({ contrast: 'more' })
    assert.ok((await ink()) < usual - 10, 'fine print is as pale as before')
  },
}
