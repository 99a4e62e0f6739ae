// A graph that has no room on its page: made smaller, gone through by keys, and seen with one node's neighbours alone.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { press, seen } from './hands.mjs'
import { assert, audit, wide } from './harness.mjs'
import { began } from './world.mjs'

const stages = Array.from({ length: 60 }, (_, i) => `  step${i}:\n    cmd: [rondo, version]\n    deps: [${i < 4 ? 'data/weather.csv' : `out${i - 4}.txt`}]\n    outs: [out${i}.txt]\n`).join('')
const box = (page, name) => page.locator(`main [data-box="${name}"]`)
const scale = (page) => page.locator('main .tools .tabular').innerText()
const boxes = (page) => page.locator('main [data-box]').count()

export const tests = {
  async 'a pipeline of sixty stages is gone through by keys, made smaller, and seen with the neighbours of one alone'(page) {
    const w = await began()
    writeFileSync(join(w.dir, 'rondo.yaml'), `rondo: 1\nname: many\nstages:\n${stages}`)
    await w.enter(page, '/pipeline')
    await press(page, 'Not now')
    await box(page, 'step0').waitFor()
    assert.equal(await scale(page), '75 %')
    await box(page, 'step0').focus()
    for (const key of ['ArrowRight', 'ArrowRight', 'ArrowDown']) await page.keyboard.press(key)
    assert.equal(await page.evaluate(() => document.activeElement.dataset.box), 'step9')
    await page.keyboard.press('Enter')
    await page.locator('main h2:text-is("step9")').waitFor()
    await page.keyboard.press('0')
    await page.waitForFunction(() => { const s = document.querySelector('main .scroll'); return s.scrollWidth <= s.clientWidth && s.scrollHeight <= s.clientHeight })
    await page.keyboard.press('+')
    await page.waitForFunction(() => document.querySelector('main .scroll').scrollWidth > document.querySelector('main .scroll').clientWidth)
    await page.getByRole('switch', { name: 'Only its neighbours' }).press('Space')
    await page.waitForFunction(() => document.querySelectorAll('main [data-box]').length === 3)
    await box(page, 'step13').focus()
    await page.keyboard.press('Enter')
    await box(page, 'step17').waitFor()
    assert.equal(await boxes(page), 3)
    assert.deepEqual(await audit(page, 'graph'), [])
    assert.ok(!(await wide(page)), 'the page scrolls sideways')
    await seen(page, 'out9.txt')
  },
}
