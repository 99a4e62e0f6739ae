// What a person does, with keys and with the mouse, and what must then be so.
import { start } from '../fixtures/server.mjs'
import { runs } from '../fixtures/runs.mjs'
import { seen, titled } from './hands.mjs'
import { assert, audit, enter, settled } from './harness.mjs'


export const tests = {
  async 'the palette finds places and things by name, and goes there'(page, s) {
    await enter(page, s.url, '/')
    await page.keyboard.press('Control+k')
    await page.waitForSelector('[role=combobox]')
    assert.deepEqual(await audit(page, 'palette'), [])
    await page.keyboard.type('weather-v2')
    await page.waitForFunction(() => document.querySelector('[role=option]')?.textContent?.includes('weather-v2'))
    await page.keyboard.press('Enter')
    await page.waitForURL(`**/#/runs/${runs[2].id}`)
    await page.keyboard.press('Control+k')
    await page.keyboard.press('Escape')
    await page.waitForSelector('[role=combobox]', { state: 'detached' })
  },

  async 'g and a letter go to a page; the focus goes with it'(page, s) {
    await enter(page, s.url, '/')
    for (const [key, title] of [['d', 'Data'], ['p', 'Pipeline'], ['r', 'Runs'], ['t', 'Traces'], ['m', 'Models'], ['e', 'Endpoints'], ['o', 'Monitors'], ['c', 'Decisions'], ['h', 'Host'], ['s', 'Settings'], ['l', 'Loop']]) {
      await page.keyboard.press('g')
      await page.keyboard.press(key)
      await page.waitForFunction((t) => document.querySelector('main h1')?.textContent === t, title)
    }
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'main')
  },

  async 'everything that can be pressed is reached by Tab, and seen to be'(page, s) {
    for (const path of ['/', '/data/weather', '/pipeline', '/models/weather/2', '/endpoints/weather?tab=playground', '/decisions/dec-0009', '/settings']) {
      await enter(page, s.url, path)
      await page.evaluate(() => document.activeElement?.blur())
      const missed = await page.evaluate(() => {
        const can = [...document.querySelectorAll('a[href], button, input, select, textarea, [tabindex="0"]')].filter((e) => e.tabIndex >= 0 && !e.disabled && e.checkVisibility() && !(e.type === 'radio' && !e.checked))
        window.left = new Set(can)
        return can.length
      })
      const dull = new Set()
      for (let i = 0; i < missed + 8; i++) {
        await page.keyboard.press('Tab')
        const bare = await page.evaluate(() => {
          const e = document.activeElement
          window.left.delete(e)
          const seen = [e, e.parentElement, e.nextElementSibling].some((x) => x && (getComputedStyle(x).outlineStyle !== 'none' || getComputedStyle(x).boxShadow !== 'none'))
          return seen || e === document.body ? '' : e.outerHTML.slice(0, 90)
        })
        if (bare) dull.add(bare)
      }
      assert.deepEqual(await page.evaluate(() => [...window.left].map((e) => e.outerHTML.slice(0, 90))), [], path)
      assert.deepEqual([...dull], [], path)
    }
  },

  async 'a mistake in rondo.yaml is told on every page, with its place and the way out'(page, s) {
    await page.route('**/api/v1/project', async (route) => {
      const answer = await (await route.fetch()).json()
      await route.fulfill({ json: { ...answer, problem: { kind: 'invalid', message: 'rondo.yaml:4:3: unknown key "stagse"', hint: 'did you mean `stages`?' } } })
    })
    for (const path of ['/', '/models']) {
      await enter(page, s.url, path)
      await seen(page, 'rondo.yaml:4:3', 'body')
      assert.equal(await page.textContent('.banner code'), 'stages')
    }
  },

  async 'rondo.yaml is changed on its page: a mistake leads to its line and what was typed stays'(page, s) {
    await enter(page, s.url, '/settings')
    await page.click('main .panel:has(h2:text-is("rondo.yaml")) button:has-text("Edit")')
    const box = page.locator('main textarea')
    const before = await box.inputValue()
    assert.ok(await box.evaluate((e) => e === document.activeElement), 'the focus is not in the file')
    await box.fill(before.replace('stages:', 'stagse:'))
    await page.keyboard.press('Control+Enter')
    await seen(page, 'rondo.yaml:4:3')
    assert.equal(await box.evaluate((e) => e.value.slice(0, e.selectionStart).split('\n').length), 4)
    assert.ok((await box.inputValue()).includes('stagse:'), 'what was typed is gone')
    assert.deepEqual(await audit(page, 'a mistake in the file'), [])
    await box.fill(`${before}\n# mine\n`)
    await page.keyboard.press('Control+Enter')
    await seen(page, 'rondo.yaml is saved', '.toasts')
    await box.waitFor({ state: 'detached' })
    assert.ok((await page.textContent('main pre >> nth=-1')).endsWith('# mine\n'))
    await page.click('main .panel:has(h2:text-is("rondo.yaml")) button:has-text("Edit")')
    await box.fill('nothing of it')
    await page.click('main .panel:has(h2:text-is("rondo.yaml")) button:has-text("Cancel")')
    assert.ok((await page.textContent('main pre >> nth=-1')).endsWith('# mine\n'), 'what was cancelled stays')
  },

  async 'the sheet of keys opens with ? and closes with Escape'(page, s) {
    await enter(page, s.url, '/')
    await page.keyboard.press('?')
    await page.waitForSelector('dialog')
    assert.deepEqual(await audit(page, 'keys'), [])
    await page.keyboard.press('Escape')
    await page.waitForSelector('dialog', { state: 'detached' })
  },

  async 'a cut stream is seen, comes back and brings what was missed'(page, s) {
    await enter(page, s.url, '/')
    await page.waitForSelector('.connection.live')
    s.cut()
    page.expected = /ERR_INCOMPLETE_CHUNKED_ENCODING/ // the browser says so itself
    await page.waitForSelector('.connection.reconnecting')
    await page.evaluate(() => fetch('/api/v1/alerts/al-7f21/acknowledge', { method: 'POST', body: '{}' }))
    await page.waitForSelector('.connection.live')
    await page.waitForFunction(() => !document.querySelector('[aria-label="Needs you"]')?.textContent?.includes('Acknowledge'))
  },

  async 'a waiting decision is approved with a reason'(page, s) {
    await enter(page, s.url, '/decisions/dec-0009')
    await page.click('main >> text=Approve')
    await page.waitForSelector('dialog')
    assert.deepEqual(await audit(page, 'approve'), [])
    await page.fill('dialog input', 'the drift is real')
    await page.click('dialog >> text=Approve >> nth=-1')
    await seen(page, 'the drift is real', 'body')
    await titled(page, 'weather is being renewed')
  },

  async 'why version 2 went live is on one screen'(page, s) {
    await enter(page, s.url, '/decisions/dec-0007')
    for (const text of ['Why did version 2 go live?', 'Drift in 3 of 3 windows', 'not-worse-than-champion', 'New York', 'Answers become rows', '0 failed']) await seen(page, text, 'body')
  },

  async 'a rollback is asked back, done, and told'(page, s) {
    await enter(page, s.url, '/models/weather?tab=history')
    await page.click('main >> text=Roll back')
    await page.click('dialog >> text=Roll back >> nth=-1')
    await seen(page, 'champion points at version 1', 'body')
    await page.waitForSelector('h1 ~ a:has-text("champion → 1")')
  },

  async 'the playground asks, and names the column that does not fit'(page, s) {
    await enter(page, s.url, '/endpoints/weather?tab=playground')
    await page.click('text=Ask')
    await seen(page, 'version 2, in', 'body')
    await page.fill('label:has-text("wind") input', 'strong')
    await page.click('text=Ask')
    await seen(page, 'column "wind"', 'body')
  },

  async 'trust is asked before anything of the project runs'(page) {
    const s = await start({ trust: true })
    await page.goto(`${s.url}/`)
    await page.waitForSelector('dialog >> text=rondo step train')
    assert.deepEqual(await audit(page, 'trust'), [])
    await page.click('text=Trust exactly this')
    await seen(page, 'Trusted on this device', 'body')
    await page.waitForSelector('dialog', { state: 'detached' })
    s.close()
  },

  async 'a failure says why and what to do, and is tried again'(page, s) {
    let broken = true
    await page.route('**/api/v1/models', (route) => (broken ? route.fulfill({ status: 503, contentType: 'application/json', body: JSON.stringify({ error: { kind: 'unavailable', message: 'the index is being rebuilt', hint: 'it takes a few seconds' } }) }) : route.continue()))
    await enter(page, s.url, '/models')
    await seen(page, 'the index is being rebuilt', 'body')
    await seen(page, 'it takes a few seconds', 'body')
    assert.deepEqual(await audit(page, 'failure'), [])
    broken = false
    await page.click('text=Try again')
    await page.waitForSelector('main td >> text=weather')
  },

  async 'theme and language change at once and stay'(page, s) {
    await enter(page, s.url, '/settings')
    await page.click('label:has-text("Dark")')
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark')
    await page.click('label:has-text("한국어")')
    await page.waitForFunction(() => document.querySelector('main h1')?.textContent === '설정')
    await page.reload()
    await settled(page)
    await titled(page, '설정')
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'ko')
  },

  async 'nothing is asked of any other host'(page, s) {
    const foreign = []
    page.on('request', (r) => !r.url().startsWith(s.url) && !/^(data|blob):/.test(r.url()) && foreign.push(r.url()))
    for (const path of ['/', '/runs', '/monitors/weather', '/settings']) await enter(page, s.url, path)
    assert.deepEqual(foreign, [])
  },
}
