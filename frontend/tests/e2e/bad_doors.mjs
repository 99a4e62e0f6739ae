// What a person sees who comes by a wrong door, or with too much.
import { copyFileSync, statSync, truncateSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { paste, seen } from './hands.mjs'
import { assert, audit, settled } from './harness.mjs'
import { began, learned } from './world.mjs'

export const tests = {
  async 'a wrong link, a used link and no link are a page in words, in the person’s language'(page, browser) {
    const w = await began()
    const used = await w.launch()
    await page.goto(w.info.url + used)
    await settled(page)
    for (const [lang, path, status, title] of [['en', '/launch?code=WRONG', 401, 'not valid, or has been used'], ['en', used, 401, 'not valid, or has been used'], ['en', '/', 401, 'needs its key'], ['ko-KR', '/', 401, '열쇠가 필요합니다'], ['ko-KR', '/launch?code=WRONG', 401, '이미 쓰였습니다']]) {
      const context = await browser.newContext({ locale: lang })
      const other = await context.newPage()
      const res = await other.goto(w.info.url + path)
      assert.equal(res.status(), status)
      assert.match(await other.innerText('h1'), new RegExp(title))
      assert.equal(await other.innerText('p code'), 'rondo open')
      assert.deepEqual(await audit(other, path), [])
      await context.close()
    }
    await page.goto(w.info.url + used) // who is in already goes on
    await settled(page)
  },

  async 'a foreign name and a foreign page are answered in words, and reach nothing'(page, browser) {
    const w = await began()
    await w.enter(page)
    const port = new URL(w.info.url).port
    const other = await (await browser.newContext()).newPage()
    const res = await other.goto(`http://evil.example:${port}/`)
    assert.equal(res.status(), 403)
    assert.match(await other.innerText('main'), /does not answer to this address.*127\.0\.0\.1 or localhost/s)
    assert.deepEqual(await audit(other, 'foreign host'), [])
    await other.context().close()
    const site = createServer((req, res) => res.end(`<a href="${w.info.url}/models">in</a><form method="post" action="${w.info.url}/api/v1/stop"><button>stop</button></form>`)).listen(0, '127.0.0.1')
    try {
      const evil = await page.context().newPage() // with the cookie at hand
      for (const control of ['a', 'button']) {
        await evil.goto(`http://evil.example:${site.address().port}/`)
        await evil.click(control)
        await evil.waitForURL(`${w.info.url}/**`)
        assert.match(await evil.innerText('main'), /Another page has led here.*rondo open/s)
      }
      const read = await evil.evaluate((u) => fetch(`${u}/api/v1/project`, { credentials: 'include' }).then((r) => r.status, () => 'refused'), w.info.url)
      assert.equal(read, 'refused')
      await evil.close()
    } finally {
      site.close()
    }
    await w.enter(page, '/models') // the server was not stopped
  },

  async 'what is too large is refused before it is sent, and a large file is shown by its beginning'(page) {
    const w = await learned()
    await w.enter(page, '/pipeline')
    await page.click('text=Run with')
    await paste(page, 'dialog textarea', 'train.note=xxxxx', (65 << 20) / 16)
    // by selectors of the page's own: others read through all of the text
    await page.evaluate(() => [...document.querySelectorAll('dialog button')].at(-1).click())
    const words = await (await page.waitForFunction(() => document.querySelector('dialog [role=alert]')?.innerText, null, { polling: 100, timeout: 60_000 })).jsonValue()
    assert.match(words, /This is 65 MiB, over the limit of 64 MiB/)
    const { json: run } = await w.api('POST', '/mlflow/runs/create', { experiment_id: '0', run_name: 'large' }, '/api/2.0')
    const id = run.run.info.run_id
    const path = join(w.dir, '.rondo', 'runs', id, 'artifacts')
    const put = await fetch(`${w.info.url}/api/2.0/mlflow-artifacts/artifacts/0/${id}/artifacts/big.txt`, { method: 'PUT', headers: { Authorization: `Bearer ${w.info.token}` }, body: 'begin '.repeat(100) })
    assert.equal(put.status, 200)
    copyFileSync(join(path, 'big.txt'), join(path, 'by-hand.txt'))
    for (const name of ['big.txt', 'by-hand.txt']) truncateSync(join(path, name), 10 * 2 ** 30) // it takes no room, and would take minutes to fetch
    assert.ok(statSync(join(path, 'by-hand.txt')).size > 1e10)
    await w.enter(page, `/runs/${id}?tab=artifacts&file=by-hand.txt`)
    await seen(page, 'This file is not text.')
    await w.enter(page, `/runs/${id}?tab=artifacts&file=big.txt`) // which has a seal
    await seen(page, 'is damaged')
  },

  async 'a run with a hundred thousand params, as many as no form takes, is found through, compared and listed'(page) {
    const w = await began()
    const ids = []
    for (const name of ['many', 'other']) ids.push((await w.api('POST', '/mlflow/runs/create', { experiment_id: '0', run_name: name }, '/api/2.0')).json.run.info.run_id)
    const log = (run, from, value) => w.api('POST', '/mlflow/runs/log-batch', { run_id: run, params: Array.from({ length: 100 }, (_, i) => ({ key: `p${String(from + i).padStart(6, '0')}`, value })) }, '/api/2.0')
    for (let at = 0; at < 100_000; at += 1600) await Promise.all(Array.from({ length: Math.min(16, (100_000 - at) / 100) }, (_, i) => log(ids[0], at + i * 100, 'a')))
    await log(ids[1], 0, 'b')
    await w.enter(page, `/runs/${ids[0]}`)
    await seen(page, '100,000 of 100,000')
    const drawn = () => page.locator('.param').count()
    assert.ok((await drawn()) < 80, `${await drawn()} params are drawn`)
    await page.fill('main [data-search]', 'p098765')
    await page.waitForFunction(() => document.querySelectorAll('.param').length === 1 && document.querySelector('.param').textContent.includes('p098765'))
    await page.click('main >> text=Compare runs')
    await w.enter(page, `/compare?ids=${ids.join(',')}`)
    await seen(page, 'Show more of the')
    await page.fill('main [data-search]', 'p098765')
    await page.waitForFunction(() => document.querySelectorAll('main tbody th[scope=row]').length === 1)
    await w.enter(page, '/runs')
    await page.waitForSelector('[role=row]:has-text("many")')
    await page.click('text=Columns')
    await page.fill('dialog input', 'p099999')
    await page.waitForSelector('dialog label:has-text("p099999")')
  },
}
