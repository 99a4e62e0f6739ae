// What a person does, with keys and with the mouse, and what must then be so.
import { start } from '../fixtures/server.mjs'
import { runs } from '../fixtures/runs.mjs'
import { assert, audit, enter, settled } from './harness.mjs'

const focusText = (page) => page.evaluate(() => document.activeElement?.textContent?.trim() ?? '')
const heading = (page) => page.textContent('main h1')
const seen = (page, text) => page.waitForSelector(`text=${text}`, { timeout: 5000 })

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
      await page.waitForFunction((t) => document.querySelector('main h1')?.textContent === t, title, { timeout: 5000 })
    }
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'main')
  },

  async 'the rows of a snapshot are one table that is scrolled to its end, and gone through by number'(page, s) {
    await enter(page, s.url, '/data/weather/2?tab=rows')
    const box = 'main [role=region][aria-label=Rows]'
    const numbers = () => page.$$eval(`${box} tbody td:first-child`, (l) => l.map((e) => Number(e.textContent.replace(/\D/g, ''))))
    await page.waitForSelector(`${box} tbody td`)
    const total = Number((await page.textContent('main .foot')).replace(/\D/g, ''))
    assert.ok(total > 1000, `${total} rows`)
    assert.ok((await numbers()).length < 100, 'only what is seen is drawn')
    await page.$eval(box, (e) => e.scrollTo({ top: e.scrollHeight }))
    await page.waitForFunction(([b, n]) => [...document.querySelectorAll(`${b} tbody td:first-child`)].some((e) => e.textContent.replace(/\D/g, '') === n), [box, String(total)])
    await page.waitForFunction((b) => ![...document.querySelectorAll(`${b} tbody td`)].some((e) => e.textContent === '…'), box)
    await page.fill('main .foot input', '700')
    await page.keyboard.press('Enter')
    await page.waitForFunction((b) => [...document.querySelectorAll(`${b} tbody td:first-child`)].some((e) => e.textContent === '700'), box)
  },

  async 'a comparison tells types that changed, and rows apart by the columns that are named'(page, s) {
    await enter(page, s.url, '/data/weather?tab=diff')
    await seen(page, 'wind was DOUBLE and is whole number')
    await seen(page, 'Rows are told apart by location, date')
    await page.fill('label:has-text("Columns that tell rows apart") input', 'date, wind')
    await page.keyboard.press('Tab')
    await seen(page, 'Rows are told apart by date, wind')
  },

  async 'a snapshot shows what it was made of and leads to what was made with it'(page, s) {
    await enter(page, s.url, '/models/weather/2')
    await page.click('main a[href*="tab=lineage"]')
    await page.waitForURL('**/#/data/weather/2?tab=lineage')
    await page.click('role=button[name=/clean/]')
    await seen(page, 'python clean.py data/raw.csv data/weather.csv')
    await seen(page, 'clean.max_gap = 3')
    assert.equal(await page.locator('path.hot').count(), 9) // all of it stands on clean, or goes into it
    await page.click('role=button[name=/Endpoint/]')
    await page.click('main >> text=Open weather')
    await page.waitForURL('**/#/endpoints/weather')
  },

  async 'addresses that the mlflow client prints lead to our pages'(page, s) {
    await enter(page, s.url, `/experiments/1/runs/${runs[2].id}`)
    await page.waitForURL(`**/#/runs/${runs[2].id}`)
    assert.equal(await heading(page), 'weather-v2')
    await enter(page, s.url, '/models/weather/versions/2')
    await page.waitForURL('**/#/models/weather/2')
    await enter(page, s.url, '/experiments/1')
    await page.waitForURL('**/#/runs?experiment=1')
    assert.equal(await page.inputValue('select'), '1')
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
      await seen(page, 'rondo.yaml:4:3')
      assert.equal(await page.textContent('.banner code'), 'stages')
    }
  },

  async 'the sheet of keys opens with ? and closes with Escape'(page, s) {
    await enter(page, s.url, '/')
    await page.keyboard.press('?')
    await page.waitForSelector('dialog')
    assert.deepEqual(await audit(page, 'keys'), [])
    await page.keyboard.press('Escape')
    await page.waitForSelector('dialog', { state: 'detached' })
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
    await seen(page, 'Compare 2')
    const name = await focusText(page)
    await page.keyboard.press('Enter')
    await page.waitForFunction((n) => document.querySelector('main h1')?.textContent === n, name)
  },

  async 'the runs table draws only what is seen, and loads on while it is scrolled'(page, s) {
    await enter(page, s.url, '/runs')
    await page.waitForSelector('[data-at="0"]')
    const rows = await page.locator('[data-at]').count()
    assert.ok(rows < 70, `${rows} rows in the page`)
    for (let i = 0; i < 12; i++) await page.evaluate(() => ((document.querySelector('[role=grid]').scrollTop += 1500)))
    await page.waitForSelector('[data-at="139"]', { timeout: 8000 })
  },

  async 'search takes words and filters, and says what is wrong with one'(page, s) {
    await enter(page, s.url, '/runs')
    await page.keyboard.press('/')
    await page.keyboard.type('weather-v')
    await seen(page, '2 runs')
    await page.fill('[data-search]', 'metrics.accuracy > 0.79')
    await page.waitForFunction(() => /^\d+ runs$/.test(document.querySelector('.bar > span')?.textContent ?? '') && document.querySelector('.bar > span').textContent !== '2 runs')
    await page.fill('[data-search]', 'metrics.accuracy >')
    await seen(page, 'a value is missing')
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
    await page.waitForSelector('[role=row]:has-text("calm-drizzle-4") >> text=Stopped', { timeout: 6000 })
    assert.equal(pages, 0, 'the page of runs was asked for again')
  },

  async 'a cut stream is seen, comes back and brings what was missed'(page, s) {
    await enter(page, s.url, '/')
    await page.waitForSelector('.connection.live')
    s.cut()
    page.expected = /ERR_INCOMPLETE_CHUNKED_ENCODING/ // the browser says so itself
    await page.waitForSelector('.connection.reconnecting', { timeout: 4000 })
    await page.evaluate(() => fetch('/api/v1/alerts/al-7f21/acknowledge', { method: 'POST', body: '{}' }))
    await page.waitForSelector('.connection.live', { timeout: 10_000 })
    await page.waitForFunction(() => !document.querySelector('[aria-label="Needs you"]')?.textContent?.includes('Acknowledge'), null, { timeout: 8000 })
  },

  async 'a waiting decision is approved with a reason'(page, s) {
    await enter(page, s.url, '/decisions/dec-0009')
    await page.click('main >> text=Approve')
    await page.waitForSelector('dialog')
    assert.deepEqual(await audit(page, 'approve'), [])
    await page.fill('dialog input', 'the drift is real')
    await page.click('dialog >> text=Approve >> nth=-1')
    await seen(page, 'the drift is real')
    assert.equal(await heading(page), 'weather is being renewed')
  },

  async 'why version 2 went live is on one screen'(page, s) {
    await enter(page, s.url, '/decisions/dec-0007')
    for (const text of ['Why did version 2 go live?', 'Drift in 3 of 3 windows', 'not-worse-than-champion', 'New York', 'Answers become rows', '0 failed']) await seen(page, text)
  },

  async 'a snapshot is asked in SQL by keys, and gets a tag'(page, s) {
    await enter(page, s.url, '/data/weather/2?tab=sql')
    await page.waitForSelector('textarea')
    assert.match(await page.inputValue('textarea'), /^SELECT \* FROM weather LIMIT/)
    await page.fill('textarea', 'select location, count(*) n from weather group by 1')
    await page.press('textarea', 'Control+Enter')
    await seen(page, 'New York')
    await enter(page, s.url, '/data/weather')
    await page.click('tr:has-text("@1") >> text=Tag')
    await seen(page, 'golden')
    await page.fill('dialog input', 'first')
    await page.click('dialog >> text=Add tag')
    await seen(page, 'weather@first is set')
  },

  async 'what DVC tracks is walked by keys, and each path says how it is and what helps'(page, s) {
    await enter(page, s.url, '/data')
    await page.click('[role=tab]:has-text("Tracked by DVC")')
    await seen(page, '2 objects are missing')
    await seen(page, 'labels.csv.dvc:3:1')
    await page.focus('[data-row]')
    for (let i = 0; i < 2; i++) await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/#/dvc/data%2Fimages')
    await settled(page)
    assert.equal(await heading(page), 'data/images')
    assert.match(await page.textContent('main'), /Changed[^]*rondo data commit data\/images[^]*coast\/0003\.png\s*Not there/)
    await page.click('nav[aria-label] a:has-text("Data")')
    await enter(page, s.url, '/dvc/data%2Fraw.xml')
    assert.match(await page.textContent('main'), /get-started\/data\.xml[^]*3f1c2a8e7b9a/)
    await enter(page, s.url, '/dvc/nothing')
    await seen(page, 'nothing')
  },

  async 'a rollback is asked back, done, and told'(page, s) {
    await enter(page, s.url, '/models/weather?tab=history')
    await page.click('main >> text=Roll back')
    await page.click('dialog >> text=Roll back >> nth=-1')
    await seen(page, 'champion points at version 1')
    await page.waitForSelector('h1 ~ a:has-text("champion → 1")', { timeout: 5000 })
  },

  async 'the playground asks, and names the column that does not fit'(page, s) {
    await enter(page, s.url, '/endpoints/weather?tab=playground')
    await page.click('text=Ask')
    await seen(page, 'version 2, in')
    await page.fill('label:has-text("wind") input', 'strong')
    await page.click('text=Ask')
    await seen(page, 'column "wind"')
  },

  async 'trust is asked before anything of the project runs'(page) {
    const s = await start({ trust: true })
    await page.goto(`${s.url}/`)
    await page.waitForSelector('dialog >> text=rondo step train')
    assert.deepEqual(await audit(page, 'trust'), [])
    await page.click('text=Trust exactly this')
    await seen(page, 'Trusted on this device')
    await page.waitForSelector('dialog', { state: 'detached' })
    s.close()
  },

  async 'a failure says why and what to do, and is tried again'(page, s) {
    let broken = true
    await page.route('**/api/v1/models', (route) => (broken ? route.fulfill({ status: 503, contentType: 'application/json', body: JSON.stringify({ error: { kind: 'unavailable', message: 'the index is being rebuilt', hint: 'it takes a few seconds' } }) }) : route.continue()))
    await enter(page, s.url, '/models')
    await seen(page, 'the index is being rebuilt')
    await seen(page, 'it takes a few seconds')
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
    assert.equal(await heading(page), '설정')
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'ko')
  },

  async 'nothing is asked of any other host'(page, s) {
    const foreign = []
    page.on('request', (r) => !r.url().startsWith(s.url) && !/^(data|blob):/.test(r.url()) && foreign.push(r.url()))
    for (const path of ['/', '/runs', '/monitors/weather', '/settings']) await enter(page, s.url, path)
    assert.deepEqual(foreign, [])
  },
}
