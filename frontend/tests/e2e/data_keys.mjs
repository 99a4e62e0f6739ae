// The whole loop of data by the keyboard alone, in Chromium before the real server: the focus is seen wherever it is, a dialog
// gives it back, and each page on the way is clean in both themes.
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { seen, titled } from './hands.mjs'
import { assert, audit, settled } from './harness.mjs'
import { began } from './world.mjs'

/** focus tells where the focus is, and whether a person sees it. */
const focus = (page) =>
  page.evaluate(() => {
    const at = document.activeElement
    const drawn = (e) => e && (getComputedStyle(e).outlineStyle !== 'none' || getComputedStyle(e).boxShadow !== 'none')
    const around = at.closest('label')
    return { lost: at === document.body, seen: [at, around, around?.querySelector('i'), at.nextElementSibling].some(drawn), html: at.outerHTML.slice(0, 160) }
  })

const is = (at) => at.evaluateAll((all) => all.some((e) => e === document.activeElement))

/** reach goes on by Tab until the focus is on what is wanted. */
async function reach(page, at) {
  await at.first().waitFor({ timeout: 60_000 })
  for (let i = 0; i < 150; i++) {
    if (await is(at)) return
    await page.keyboard.press('Tab')
    const f = await focus(page)
    if (!f.lost) assert.ok(f.seen, `nobody sees the focus on ${f.html}`)
  }
  assert.fail(`Tab does not lead to ${at}; it is on ${(await focus(page)).html}`)
}

const button = (page, name, at = 'main') => page.locator(at).getByRole('button', { name, exact: true })
const field = (page, name, at = 'dialog') => page.locator(at).getByLabel(name, { exact: true })

async function press(page, name, at) {
  await reach(page, button(page, name, at))
  await page.keyboard.press('Enter')
}

async function type(page, name, text, at) {
  await reach(page, field(page, name, at))
  await page.keyboard.type(text)
}

/** back waits until a dialog is gone and says whether the focus is where it was opened. */
async function back(page, name) {
  await page.waitForSelector('dialog', { state: 'detached', timeout: 60_000 })
  assert.ok(await is(button(page, name)), `the dialog of ${name} leaves the focus on ${(await focus(page)).html}`)
}

async function kept(page, where) {
  assert.ok(!(await focus(page)).lost, `the focus is lost after ${where}`)
}

/** tab goes to a tab of the page by the arrows. */
async function tab(page, name) {
  const wanted = page.locator('main').getByRole('tab', { name })
  await reach(page, page.locator('main [role=tab][aria-selected=true]'))
  for (let i = 0; i < 8 && (await wanted.getAttribute('aria-selected')) !== 'true'; i++) await page.keyboard.press('ArrowRight')
  assert.ok(await is(wanted), `the arrows do not lead to the tab ${name}`)
  await settled(page)
}

async function clean(page, name) {
  for (const theme of ['light', 'dark']) {
    await page.evaluate((t) => (document.documentElement.dataset.theme = t), theme)
    await settled(page)
    assert.deepEqual(await audit(page, `${name}, ${theme}`), [])
  }
}

/** go leads to a page by its address, as a link does. */
async function go(page, path, title) {
  await page.evaluate((p) => (location.hash = p), `#${path}`)
  await titled(page, title)
  await settled(page)
}

export const tests = {
  async 'data by keys: added, changed, compared, tagged and brought back'(page) {
    const w = await began()
    const dir = join(w.dir, 'data', 'letters')
    mkdirSync(dir)
    const rows = (n, word) => `id,word,size\n${Array.from({ length: n }, (_, i) => `${i},${i === 3 ? word : 'same'},${i * 2}`).join('\n')}\n`
    writeFileSync(join(dir, 'a.csv'), rows(40, 'old'))
    await w.enter(page, '/data')
    await press(page, 'Add data')
    await type(page, 'Path in the project', 'data/letters')
    await clean(page, 'add')
    await press(page, 'Add data', 'dialog')
    await titled(page, 'letters')
    await page.waitForSelector('main a[data-row] >> text=@1')
    writeFileSync(join(dir, 'a.csv'), rows(42, 'new'))
    await go(page, '/data', 'Data')
    await reach(page, page.locator('main a[data-row]'))
    const row = () => page.evaluate(() => document.activeElement.textContent)
    const first = await row()
    for (const [key, same] of [['ArrowDown', false], ['ArrowUp', true]]) {
      await page.keyboard.press(key)
      assert.equal((await row()) === first, same, `${key} does not lead to the next row, and back`)
    }
    for (let i = 0; i < 9 && !/letters/.test(await row()); i++) await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await titled(page, 'letters')
    await reach(page, page.locator('main summary'))
    await page.keyboard.press('Enter')
    await seen(page, 'a.csv')
    await clean(page, 'status')
    await press(page, 'Take a snapshot')
    await type(page, 'What changed, in a few words', 'two more')
    await page.keyboard.press('Enter')
    await page.waitForSelector('main a[data-row] >> text=@2')
    await back(page, 'Take a snapshot')
    await tab(page, 'Compare')
    await page.waitForSelector('main del >> text=old')
    assert.equal(await page.locator('main ins').innerText(), 'new')
    await reach(page, page.locator('main').getByRole('radio', { name: 'Changed 1' }))
    await page.keyboard.press('ArrowRight')
    await seen(page, '2 of 2')
    await reach(page, page.locator('main [role=region][aria-label="Rows that differ: a.csv"]'))
    await reach(page, page.getByRole('switch', { name: /^All \d columns/ }))
    await page.keyboard.press('Space')
    await page.waitForSelector('main [role=img][aria-label^="size:"]')
    await clean(page, 'compare')
    await tab(page, 'Snapshots')
    await reach(page, page.locator('main a[data-row]'))
    await page.keyboard.press('Enter')
    await titled(page, 'letters@2')
    await page.waitForSelector('main svg[role=img]')
    await clean(page, 'profile')
    await reach(page, page.locator('main header nav a').last())
    await page.keyboard.press('Enter')
    await titled(page, 'letters')
    await press(page, 'Tag')
    await page.waitForSelector('dialog')
    await page.keyboard.type('good')
    await page.keyboard.press('Enter')
    await back(page, 'Tag')
    await reach(page, page.locator('main tr:has-text("@1")').getByRole('button', { name: 'Check out' }))
    await page.keyboard.press('Enter')
    await clean(page, 'check out')
    await press(page, 'Check out', 'dialog')
    await back(page, 'Check out')
    assert.equal(readFileSync(join(dir, 'a.csv'), 'utf8'), rows(40, 'old'))
    await reach(page, button(page, 'Verify'))
    await page.keyboard.press('Enter')
    await seen(page, 'Verified', '.toasts').catch(() => {})
    await kept(page, 'Verify')
  },

  async 'data by keys: pushed, verified, forgotten, imported, removed and restored'(page) {
    const w = await began()
    const csv = join(w.dir, 'data', 'weather.csv')
    await w.ok('data', 'snapshot', 'weather')
    appendFileSync(csv, `${readFileSync(csv, 'utf8').trimEnd().split('\n').at(-1)}\n`)
    await w.ok('data', 'snapshot', 'weather')
    const yaml = join(w.dir, 'rondo.yaml')
    writeFileSync(yaml, readFileSync(yaml, 'utf8').replace(/(\n {4}path: data\/weather\.csv[^\n]*)/, '$1\n    keep: {last: 1}'))
    await w.enter(page, '/data?tab=remotes')
    await type(page, 'Name', 'disk', 'main')
    await type(page, 'Address', join(w.folder, 'remote'), 'main')
    await press(page, 'Add a remote')
    await press(page, 'Push')
    await seen(page, 'in sync')
    await kept(page, 'Push')
    await press(page, 'Verify')
    await seen(page, 'all intact')
    await kept(page, 'Verify')
    await clean(page, 'remotes')
    await tab(page, 'Disk')
    await press(page, 'Verify')
    await seen(page, 'intact')
    await kept(page, 'Verify of the disk')
    await press(page, 'Forget them')
    await press(page, 'Forget them', 'dialog')
    await seen(page, '1 snapshot is forgotten', '.toasts')
    await page.waitForSelector('dialog', { state: 'detached' })
    await kept(page, 'forgetting')
    await clean(page, 'disk')
    const web = createServer((req, res) => res.end('a,b\n1,2\n'))
    await new Promise((r) => web.listen(0, '127.0.0.1', r))
    try {
      await go(page, '/data', 'Data')
      await press(page, 'Add data')
      await reach(page, page.locator('dialog').getByRole('radio', { name: 'In the project' }))
      await page.keyboard.press('ArrowRight')
      await type(page, 'Address of the file', `http://127.0.0.1:${web.address().port}/trips.csv`)
      await reach(page, page.locator('dialog input[type=checkbox]'))
      await page.keyboard.press('Space')
      await clean(page, 'import')
      await press(page, 'Import', 'dialog')
      await titled(page, 'trips')
    } finally {
      web.close()
    }
    await press(page, 'Remove the dataset')
    await press(page, 'Remove the dataset', 'dialog')
    await titled(page, 'Data')
    await press(page, 'Bring it back: trips')
    await page.waitForSelector('main [href="#/data/trips"]')
    await kept(page, 'restoring')
    assert.ok(existsSync(join(w.dir, 'data', 'trips.csv')))
  },

  async 'data by keys: a stage that cleans is trusted and run, and its lineage is walked both ways'(page) {
    const w = await began()
    writeFileSync(join(w.dir, 'data', 'raw.csv'), 'id,v\n1,2\n2,\n')
    writeFileSync(join(w.dir, 'rondo.yaml'), 'rondo: 1\nname: clean\nstages:\n  clean:\n    cmd: sh -c \'head -n 2 data/raw.csv > data/clean.csv\'\n    deps: [data/raw.csv]\n    outs: [data/clean.csv]\n')
    await w.ok('data', 'add', 'data/raw.csv')
    await w.enter(page, '/pipeline')
    await press(page, 'Trust exactly this', 'dialog')
    await page.waitForSelector('dialog', { state: 'detached' })
    await press(page, 'Run')
    await page.waitForSelector('main h1:not(:text-is("Pipeline"))')
    await w.until('/executions', (list) => list[0]?.state === 'succeeded' || list[0]?.state === 'finished')
    await kept(page, 'the start of a run')
    await clean(page, 'execution')
    await w.ok('data', 'add', 'data/clean.csv')
    await go(page, '/data/raw/1?tab=lineage', 'raw@1')
    await reach(page, page.locator('main [data-box]'))
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Enter')
    await seen(page, 'head -n 2 data/raw.csv')
    await clean(page, 'lineage')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Enter')
    await seen(page, 'clean@1')
    await reach(page, page.locator('main a:has-text("Open clean@1")'))
    await page.keyboard.press('Enter')
    await titled(page, 'clean@1')
  },
}
