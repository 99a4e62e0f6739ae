// What a person sees when something is wrong: the thing by its name, and the way out. All of it
// in Chromium before the real server; what is broken here is really broken.
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync, writeSync, openSync, closeSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert, audit, settled } from './harness.mjs'
import { began, fresh, learned, rondo, World } from './world.mjs'

const seen = (page, text, at = 'main') => page.waitForSelector(`${at} >> text=${text}`, { timeout: 15_000 })
const alert = async (page, text, at = 'main') => {
  const box = page.locator(`${at} [role=alert]`, { hasText: text })
  await box.first().waitFor({ timeout: 15_000 }).catch(async () => assert.fail(`no alert says ${JSON.stringify(text)}; the page says: ${(await page.innerText(at)).slice(0, 1500)}`))
  return box.first().innerText()
}
const edit = (path, old, now) => {
  const text = readFileSync(path, 'utf8')
  assert.ok(text.includes(old), `${path} has no ${old}`)
  writeFileSync(path, text.replace(old, now))
}
const press = (page, name, at = 'dialog') => page.locator(at).getByRole('button', { name, exact: true }).last().click()
// So much text would take the browser minutes to lay out; the page gets it all the same.
const paste = (page, selector, text, times) =>
  page.evaluate(([s, t, n]) => {
    const at = document.querySelector(s)
    at.style.display = 'none'
    at.value = t.repeat(n)
    at.dispatchEvent(new Event('input', { bubbles: true }))
  }, [selector, text, times])
const root = process.getuid?.() === 0

export const tests = {
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
      await page.waitForFunction((t) => document.querySelector('main h1')?.textContent.includes(t), back === 'Prompts' ? 'Models' : back, { timeout: 5000 })
      await page.waitForFunction(() => !document.querySelector('main [role=alert]'), null, { timeout: 5000 }) // a page of the same name has the heading before
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

  async 'a damaged object is never shown; it is named, and the way to repair it'(page) {
    const w = await learned()
    await w.stop()
    const packs = join(w.dir, '.rondo', 'objects', 'packs')
    const pack = readdirSync(packs).filter((f) => f.endsWith('.pack'))
    assert.ok(pack.length)
    for (const p of pack) {
      const file = join(packs, p)
      chmodSync(file, 0o644)
      const bytes = readFileSync(file)
      bytes[bytes.length >> 1] ^= 0x20
      writeFileSync(file, bytes)
    }
    await w.serve()
    await w.enter(page, '/data/weather/1?tab=rows')
    assert.match(await alert(page, 'is damaged'), /backup|remote|fsck/)
    await w.enter(page, '/data/weather')
    await page.click('main >> text=Verify')
    await seen(page, 'weather: object', '.toasts')
    await seen(page, 'rondo fsck', '.toasts')
    await w.enter(page, '/settings')
    await page.click('main >> text=Verify everything')
    await seen(page, pack[0])
  },

  async 'a model file that was cut short goes nowhere, and every page says so'(page) {
    const w = await learned()
    const yaml = join(w.dir, 'rondo.yaml')
    edit(yaml, '    outs: [model]\n', '    outs: [model]\n  cut:\n    cmd: [cp -r model cut, truncate -s 200 cut/model.onnx]\n    deps: [model]\n    outs: [cut]\n')
    edit(yaml, '    path: model\n', '    path: cut\n')
    await w.ok('trust', '--yes')
    await w.ok('repro')
    const list = await w.until('/decisions', (l) => l.some((d) => /cut short/.test(d.text)))
    await w.enter(page, `/decisions/${list.find((d) => /cut short/.test(d.text)).id}`)
    await seen(page, 'cut short')
    await w.enter(page, '/models/weather/2')
    await page.click('main >> text=Set alias')
    await press(page, 'Set alias')
    await alert(page, 'cut short', 'dialog')
    await page.keyboard.press('Escape')
    assert.equal((await w.api('POST', '/endpoints', { name: 'trial', model: 'weather', version: 1 })).status, 200)
    await w.enter(page, '/endpoints/trial')
    await page.click('main >> text=Route elsewhere')
    await page.fill('dialog input', '2')
    await press(page, 'Route elsewhere')
    await alert(page, 'cut short', 'dialog')
    assert.equal(await page.inputValue('dialog input'), '2')
    await page.keyboard.press('Escape')
    await seen(page, 'weather · Version 1')
  },

  async 'a full disk is said in the dialog that needs the room, and with room it goes on from there'(page) {
    if (!root || process.platform !== 'linux') return console.log('      not tried: only root can mount a small disk')
    const disk = mkdtempSync(join(tmpdir(), 'rondo-e2e-disk-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', disk])
    const home = mkdtempSync(join(tmpdir(), 'rondo-e2e-'))
    const w = new World(home)
    w.dir = join(disk, 'weather')
    w.before = () => (execFileSync('umount', ['-l', disk]), rmSync(disk, { recursive: true, force: true }))
    await w.ok('init', '--sample', 'weather', w.dir)
    mkdirSync(w.home)
    await w.serve()
    await w.ok('trust', '--yes')
    await w.enter(page, '/data/weather')
    const filler = join(w.dir, 'filler')
    const f = openSync(filler, 'w')
    try {
      for (const block = Buffer.alloc(4096); ; ) writeSync(f, block)
    } catch (e) {
      assert.equal(e.code, 'ENOSPC')
    }
    closeSync(f)
    await page.click('main >> text=Take a snapshot')
    await page.fill('dialog input:not([type=checkbox])', 'the first')
    await press(page, 'Take a snapshot')
    assert.match(await alert(page, 'the disk is full', 'dialog'), /free some space/)
    assert.equal(await page.inputValue('dialog input:not([type=checkbox])'), 'the first')
    rmSync(filler)
    await press(page, 'Take a snapshot')
    await page.waitForSelector('dialog', { state: 'detached' })
    await seen(page, 'the first')
  },

  async 'a folder that may not be written to is read on, and says what cannot be done'(page) {
    const at = mkdtempSync(join(tmpdir(), 'rondo-e2e-'))
    chmodSync(at, 0o777)
    const exe = join(at, 'rondo') // where nobody may run it, too
    copyFileSync(rondo, exe)
    const w = await fresh(at, { exe, uid: root ? 65534 : undefined })
    mkdirSync(w.home)
    chmodSync(w.home, 0o777)
    const mode = (m) => execFileSync('chmod', ['-R', m, w.dir])
    mode('a+rwX')
    await w.serve()
    await w.ok('trust', '--yes')
    await w.ok('data', 'snapshot', 'weather')
    w.before = () => mode('u+w')
    await w.enter(page, '/runs')
    mode('a-w')
    await page.click('main >> text=Launch a run')
    await page.fill('dialog input.mono', 'true')
    await press(page, 'Launch a run')
    await page.waitForURL('**/#/runs/*')
    await seen(page, 'permission denied')
    await seen(page, 'make it writable')
    await w.enter(page, '/data/weather/1')
    await seen(page, 'temp_max')
    mode('a+w')
    await w.enter(page, '/runs')
    await page.click('main >> text=Launch a run')
    await page.fill('dialog input.mono', 'true')
    await press(page, 'Launch a run')
    await page.waitForURL('**/#/runs/*')
    await page.waitForSelector('main header >> text=Finished', { timeout: 15_000 })
  },

  async 'a folder from a newer format opens neither window nor browser, and says why'() {
    const w = await fresh()
    const format = join(w.dir, '.rondo', 'format')
    writeFileSync(format, readFileSync(format, 'utf8').replace('rondo 1', 'rondo 7').replace(/^check .*\n/m, ''))
    for (const args of [['open'], ['open', '--browser'], ['open', '--print']]) {
      const r = await w.run(...args)
      assert.equal(r.code, 4, `rondo ${args.join(' ')}`)
      assert.match(r.err, /format 7 and this Rondo writes format 1: get a newer Rondo/)
    }
  },

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
    let words
    for (let i = 0; i < 100 && !words; i++) {
      await new Promise((r) => setTimeout(r, 100))
      words = await page.evaluate(() => document.querySelector('dialog [role=alert]')?.innerText)
    }
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
