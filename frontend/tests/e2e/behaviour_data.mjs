// What a person does with snapshots, and with what DVC tracks.
import { seen, titled } from './hands.mjs'
import { assert, audit, enter, settled } from './harness.mjs'


export const tests = {
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
    await seen(page, 'DOUBLE → whole number', 'body')
    await seen(page, 'Rows are told apart by location, date', 'body')
    await page.fill('label:has-text("Columns that tell rows apart") input', 'date, wind')
    await page.keyboard.press('Tab')
    await seen(page, 'Rows are told apart by date, wind', 'body')
  },

  async 'a snapshot shows what it was made of and leads to what was made with it'(page, s) {
    await enter(page, s.url, '/models/weather/2')
    await page.click('main a[href*="tab=lineage"]')
    await page.waitForURL('**/#/data/weather/2?tab=lineage')
    await page.click('role=button[name=/clean/]')
    await seen(page, 'python clean.py data/raw.csv data/weather.csv', 'body')
    await seen(page, 'clean.max_gap = 3', 'body')
    assert.equal(await page.locator('path.hot').count(), 9) // all of it stands on clean, or goes into it
    await page.click('role=button[name=/Endpoint/]')
    await page.click('main >> text=Open weather')
    await page.waitForURL('**/#/endpoints/weather')
  },

  async 'a snapshot is asked in SQL by keys, and gets a tag'(page, s) {
    await enter(page, s.url, '/data/weather/2?tab=sql')
    await page.waitForSelector('textarea')
    assert.match(await page.inputValue('textarea'), /^SELECT \* FROM weather LIMIT/)
    await page.fill('textarea', 'select location, count(*) n from weather group by 1')
    await page.press('textarea', 'Control+Enter')
    await seen(page, 'New York', 'body')
    await enter(page, s.url, '/data/weather')
    await page.click('tr:has-text("@1") >> role=button[name="Tag"]')
    await seen(page, 'golden', 'body')
    await page.fill('dialog input', 'first')
    await page.click('dialog >> text=Add tag')
    await seen(page, 'weather@first is set', 'body')
  },

  async 'of what DVC tracks only what is in view is drawn, and keys lead to the end of it'(page, s) {
    const items = Array.from({ length: 20_000 }, (_, i) => ({ path: `data/part-${Math.floor(i / 100)}/image-${i}.png`, by: `data/part-${Math.floor(i / 100)}.dvc`, stage: false, stage_name: '', kind: 'outs', folder: false, hash: 'md5', no_cache: false, desc: i % 9 ? undefined : 'A picture of the sky' }))
    await page.route('**/api/v1/dvc/data', (route) => route.fulfill({ json: { found: true, items, artifacts: [], problems: [] } }))
    await page.route('**/api/v1/dvc/data/status', (route) => route.fulfill({ json: [] }))
    await enter(page, s.url, '/data?tab=dvc')
    await page.waitForSelector('main [data-row]')
    const drawn = await page.locator('main [data-row]').count()
    assert.ok(drawn < 80, `${drawn} rows are drawn`)
    await page.focus('main [data-row]')
    const on = (text) => page.waitForFunction((t) => document.activeElement?.matches('[data-row]') && document.activeElement.textContent === t, text)
    await page.keyboard.press('End')
    await on('data/part-199/image-19999.png')
    await page.keyboard.press('ArrowUp')
    await on('data/part-199/image-19998.png')
    await page.keyboard.press('Home')
    await on('data/part-0/image-0.png')
    assert.deepEqual(await audit(page, 'tracked'), [])
    await page.fill('main [data-search]', 'image-1234')
    await page.waitForFunction(() => document.querySelectorAll('main [data-row]').length === 11)
  },

  async 'of a table that is not counted yet the first rows are shown as such, and then all'(page, s) {
    const columns = ['id', 'value']
    let counted = 0 // rows that are known of
    await page.route('**/api/v1/datasets/weather/snapshots/2/rows*', (route) => {
      const at = new URL(route.request().url()).searchParams
      const offset = Number(at.get('offset'))
      const rows = Array.from({ length: Math.min(Number(at.get('limit')), 5_000 - offset) }, (_, i) => [`${offset + i}`, 'x'])
      return route.fulfill({ json: { file: 'weather.csv', columns, rows, offset, total: counted } })
    })
    let count
    const counting = new Promise((done) => (count = done))
    await page.route('**/api/v1/datasets/weather/snapshots/2/profile', async (route) => (await counting, route.continue()))
    await page.goto(`${s.url}/#/data/weather/2?tab=rows`)
    await seen(page, 'The first 200 rows; the rest is not counted yet', 'main')
    counted = 5_000
    count()
    await seen(page, '5,000 rows', 'main')
    await page.focus('main [role=region][tabindex="0"]')
    await page.keyboard.press('End')
    await page.locator('main [aria-rowindex="5001"]').waitFor()
    await page.waitForFunction(() => [...document.querySelectorAll('main [role=region]')].every((e) => e.scrollHeight - e.clientHeight - e.scrollTop < 1))
  },

  async 'what DVC tracks is walked by keys, and each path says how it is and what helps'(page, s) {
    await enter(page, s.url, '/data')
    await page.click('[role=tab]:has-text("Tracked by DVC")')
    await seen(page, '2 objects are missing', 'body')
    await seen(page, 'labels.csv.dvc:3:1', 'body')
    await page.focus('[data-row]')
    for (let i = 0; i < 2; i++) await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/#/dvc/data%2Fimages')
    await settled(page)
    await titled(page, 'data/images')
    assert.match(await page.textContent('main'), /Changed[^]*rondo data commit data\/images[^]*coast\/0003\.png\s*Not there/)
    await page.click('nav[aria-label] a:has-text("Data")')
    await enter(page, s.url, '/dvc/data%2Fraw.xml')
    assert.match(await page.textContent('main'), /get-started\/data\.xml[^]*3f1c2a8e7b9a/)
    await enter(page, s.url, '/dvc/nothing')
    await seen(page, 'nothing', 'body')
  },
}
