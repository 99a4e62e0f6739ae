// Data that comes and goes on the pages: from the web, another project, a remote; parts of a snapshot; what a remote has;
// what rules forget. All of it in Chromium before the real server.
import { randomBytes } from 'node:crypto'
import { appendFileSync, chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { press, seen } from './hands.mjs'
import { assert, audit } from './harness.mjs'
import { began } from './world.mjs'


/** withFolder is a project with a dataset of forty files and a remote that has it. */
async function withFolder() {
  const w = await began()
  const dir = join(w.dir, 'data', 'images')
  mkdirSync(join(dir, 'cats'), { recursive: true })
  for (let i = 0; i < 40; i++) writeFileSync(join(dir, i < 5 ? 'cats' : '', `${i}.txt`), `${i}\n`.repeat(50_000 + i))
  await w.ok('data', 'add', 'data/images')
  await w.ok('data', 'remote', 'disk', join(w.folder, 'remote'))
  await w.ok('data', 'push')
  return w
}

/** damage changes a byte in the middle of the largest pack of a folder. */
function damage(folder) {
  const pack = readdirSync(folder, { recursive: true }).map((f) => join(folder, f)).filter((f) => f.endsWith('.pack')).sort((a, b) => statSync(b).size - statSync(a).size)[0]
  const bytes = readFileSync(pack)
  bytes[bytes.length >> 1] ^= 1
  chmodSync(pack, 0o600)
  writeFileSync(pack, bytes)
  utimesSync(pack, new Date(), new Date(Date.now() + 5000))
}

export const tests = {
  async 'data comes in from the web and from another project, keeps its origin, and asks it anew'(page) {
    const w = await began()
    let body = 'a,b\n1,2\n'
    const web = createServer((req, res) => res.setHeader('ETag', `"${body.length}"`).end(body))
    await new Promise((r) => web.listen(0, '127.0.0.1', r))
    try {
      const address = `http://127.0.0.1:${web.address().port}/trips.csv`
      await w.enter(page, '/data')
      await press(page, 'Add data', 'main')
      await page.locator('dialog').getByText('From the web').click()
      await page.fill('dialog input[inputmode=url]', address)
      await press(page, 'Import')
      await page.locator('dialog [role=alert]').waitFor() // an address of this computer
      assert.deepEqual(await audit(page, 'import'), [])
      await page.check('dialog input[type=checkbox]')
      await press(page, 'Import')
      await seen(page, `from ${address}`)
      body = 'a,b\n1,2\n3,4\n'
      await press(page, 'Ask its origin', 'main')
      await press(page, 'Ask its origin')
      await seen(page, 'trips@2 is kept', '.toasts')
      await page.waitForSelector('main a[data-row] >> text=@2')
      await press(page, 'Ask its origin', 'main')
      await press(page, 'Ask its origin')
      await seen(page, 'nothing is new', '.toasts')
    } finally {
      web.close()
    }
    const other = await began()
    await w.enter(page, '/data?add=1')
    await page.locator('dialog').getByText('From another project').click()
    await page.fill('dialog input[placeholder="/home/anna/weather"]', other.dir)
    await page.fill('dialog input[placeholder="weather@3"]', 'weather')
    await page.fill('dialog input[placeholder="data/ and its own name"]', 'data/theirs.csv')
    await page.fill('dialog label:has-text("Name") input', 'theirs')
    await press(page, 'Import')
    await seen(page, 'has no snapshot weather', 'dialog')
    assert.ok((await page.locator('dialog [role=alert]').innerText()).startsWith(other.dir), 'a path is told with a capital letter')
    await other.ok('data', 'snapshot', 'weather')
    await press(page, 'Import')
    await seen(page, `from weather@1 of ${other.dir}`)
    assert.equal(readFileSync(join(w.dir, 'data', 'theirs.csv'), 'utf8'), readFileSync(join(other.dir, 'data', 'weather.csv'), 'utf8'))
  },

  async 'files of a snapshot are found, chosen by keys, and only those are brought back'(page) {
    const w = await withFolder()
    const dir = join(w.dir, 'data', 'images')
    rmSync(join(dir, 'cats'), { recursive: true })
    writeFileSync(join(dir, '20.txt'), 'my own work')
    await w.enter(page, '/data/images/1?tab=files')
    await page.fill('main input[type=search]', 'CATS/')
    await seen(page, '5 files')
    await page.focus('main input[aria-label="Choose all that are shown"]')
    await page.keyboard.press('Space')
    await seen(page, '5 files chosen')
    assert.deepEqual(await audit(page, 'files'), [])
    await press(page, 'Check out', 'main')
    assert.match(await page.inputValue('dialog textarea'), /^cats\/0\.txt\n/)
    await press(page, 'Check out')
    await seen(page, 'The chosen part of images@1 is back', '.toasts')
    assert.equal(readdirSync(join(dir, 'cats')).length, 5)
    assert.equal(readFileSync(join(dir, '20.txt'), 'utf8'), 'my own work')
    await w.enter(page, '/data/images')
    await page.locator('main summary:has-text("differ")').click()
    await seen(page, '20.txt')
  },

  async 'a file of a snapshot is looked at as it was, whatever lies in the folder, and a damaged one is not shown'(page) {
    const w = await began()
    const dir = join(w.dir, 'data', 'images')
    mkdirSync(dir, { recursive: true })
    writeFileSync(join(dir, 'note.txt'), 'what was kept')
    for (const [name, size] of [['dot.svg', 1], ['large.svg', 100_000]])
      writeFileSync(join(dir, name), `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><!--${randomBytes(size).toString('hex')}--></svg>`)
    writeFileSync(join(dir, 'list.csv'), 'a,b\n1,2\n')
    await w.ok('data', 'add', 'data/images')
    writeFileSync(join(dir, 'note.txt'), 'my own work')
    await w.enter(page, '/data/images/1?tab=files')
    await page.focus('main button[title="note.txt"]')
    await page.keyboard.press('Enter')
    await seen(page, 'what was kept')
    assert.deepEqual(await audit(page, 'file'), [])
    await page.click('main button[title="dot.svg"]')
    await page.waitForFunction(() => document.querySelector('main img[alt="dot.svg"]')?.naturalWidth === 9)
    await page.click('main button[title="list.csv"]')
    await press(page, 'Rows', 'main')
    await page.waitForSelector('main td >> text=2')
    damage(join(w.dir, '.rondo', 'objects'))
    await w.enter(page, '/data/images/1?tab=files&file=large.svg')
    await page.locator('main [role=alert]:has-text("damaged")').waitFor()
  },

  async 'a part of a dataset is pulled from a remote by its path, and the rest is told as not fetched'(page) {
    const w = await withFolder()
    const other = await began()
    await other.ok('data', 'remote', 'disk', join(w.folder, 'remote'))
    await other.enter(page, '/data?tab=remotes')
    await press(page, 'Compare', 'main')
    await page.locator('main tr:has-text("images")').getByRole('button', { name: 'Pull' }).click()
    await page.fill('dialog textarea', 'cats')
    assert.deepEqual(await audit(page, 'pull'), [])
    await press(page, 'Pull')
    await seen(page, 'The files of images are here', '.toasts')
    assert.deepEqual(readdirSync(join(other.dir, 'data', 'images')), ['cats'])
    await other.enter(page, '/data/images')
    await seen(page, 'here in part')
    await seen(page, 'of which 35 of 40 files were never fetched')
    await other.enter(page, '/data/images/1?tab=files')
    await page.fill('main input[type=search]', '7.txt')
    await page.locator('main input[aria-label="7.txt"]').check()
    await press(page, 'Fetch', 'main')
    await press(page, 'Pull')
    await page.waitForSelector('dialog', { state: 'detached' })
    assert.ok(existsSync(join(other.dir, 'data', 'images', '7.txt')))
  },

  async 'what is damaged on a remote is named with who needs it, and a push mends it'(page) {
    const w = await withFolder()
    await w.enter(page, '/data?tab=remotes')
    await press(page, 'Verify', 'main')
    await seen(page, 'all intact')
    await press(page, 'See what would be removed', 'main')
    await seen(page, 'Something refers to all that lies there')
    damage(join(w.folder, 'remote'))
    await press(page, 'Verify', 'main')
    await seen(page, 'is damaged or missing')
    await seen(page, 'needed by images@1')
    assert.deepEqual(await audit(page, 'far damage'), [])
    await press(page, 'Push', 'main')
    await seen(page, 'whole on both sides')
    await press(page, 'Verify', 'main')
    await seen(page, 'all intact')
  },

  async 'rules of rondo.yaml say what would be forgotten and why, and it is forgotten when that was said'(page) {
    const w = await began()
    const csv = join(w.dir, 'data', 'weather.csv')
    const line = readFileSync(csv, 'utf8').trimEnd().split('\n').at(-1)
    for (let i = 0; i < 3; i++) {
      await w.ok('data', 'snapshot', 'weather')
      appendFileSync(csv, `${line}\n`)
    }
    await w.enter(page, '/data?tab=disk')
    await seen(page, 'every snapshot is kept')
    const yaml = join(w.dir, 'rondo.yaml')
    const text = readFileSync(yaml, 'utf8')
    const ruled = text.replace(/(\n {4}path: data\/weather\.csv[^\n]*)/, '$1\n    keep: {last: 1}')
    assert.notEqual(ruled, text, 'the sample names its dataset otherwise')
    writeFileSync(yaml, ruled)
    await w.enter(page, '/settings')
    await w.enter(page, '/data?tab=disk')
    await seen(page, '1 stay, 2 would be forgotten')
    assert.deepEqual(await audit(page, 'retention'), [])
    await press(page, 'Forget them', 'main')
    await seen(page, 'weather@2 weather@1', 'dialog')
    await press(page, 'Forget them')
    await seen(page, '2 snapshots are forgotten', '.toasts')
    await seen(page, '1 stay, 0 would be forgotten')
    assert.equal((await w.api('GET', '/datasets/weather/snapshots')).json.length, 1)
  },

  async 'a dialog gives the focus back, and a server that is gone is named on pages that were open and on those that were not'(page) {
    const w = await began()
    page.expected = /ERR_CONNECTION_REFUSED|ERR_FAILED|Failed to fetch dynamically|ERR_INCOMPLETE|ERR_EMPTY/
    await w.enter(page, '/data/weather')
    await page.focus('main button:has-text("Take a snapshot")')
    await page.keyboard.press('Enter')
    await page.waitForSelector('dialog')
    await page.keyboard.press('Escape')
    await page.waitForFunction(() => document.activeElement?.innerText === 'Take a snapshot')
    w.server.kill('SIGKILL')
    await seen(page, 'Reconnecting', 'nav, body')
    await page.keyboard.press('Enter')
    await press(page, 'Take a snapshot')
    await seen(page, 'Rondo does not answer', 'dialog')
    await page.keyboard.press('Escape')
    await page.evaluate(() => (location.hash = '#/data?tab=remotes'))
    await seen(page, 'Rondo does not answer')
    await seen(page, 'rondo serve')
    assert.equal(await page.locator('text=probably renewed').count(), 0, 'a reason that is none')
    await page.locator('main >> text=Try again').click()
    await seen(page, 'Rondo does not answer')
    assert.deepEqual(await audit(page, 'gone'), [])
  },
}
