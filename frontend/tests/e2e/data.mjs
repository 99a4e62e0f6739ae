// What a person does with versions of data on their pages: removing, bringing back, making room,
// reading everything, remotes. All of it in Chromium before the real server.
import { closeSync, existsSync, openSync, readdirSync, readFileSync, statSync, truncateSync, utimesSync, writeFileSync, writeSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { bar, press, seen, slowly } from './hands.mjs'
import { assert, audit } from './harness.mjs'
import { began } from './world.mjs'

const fact = (page, name) => page.locator(`main dt:text-is(${JSON.stringify(name)}) + dd`).first().innerText()
const objects = (w) => join(w.dir, '.rondo', 'objects')

/** longAgo makes what a collection has marked, and the packs, some days old; the list then has no digest, as older ones. */
function longAgo(w) {
  const list = join(objects(w), 'condemned')
  const past = new Date(Date.now() - 40 * 86_400_000)
  writeFileSync(list, readFileSync(list, 'utf8').replace(/\n\S+\n$/, '\n').replace(/20\d\d-\S+Z/g, past.toISOString()))
  for (const f of readdirSync(join(objects(w), 'packs'))) utimesSync(join(objects(w), 'packs', f), past, past)
}

async function withNoise() {
  const w = await began()
  writeFileSync(join(w.dir, 'data', 'noise.bin'), randomBytes(3_000_000))
  await w.ok('data', 'add', 'data/noise.bin')
  return w
}

export const tests = {
  async 'a dataset is removed by its dialog, which names it, and comes back by its page'(page) {
    const w = await withNoise()
    await w.enter(page, '/data/noise')
    await page.click('main [aria-label="Remove the dataset"]')
    await seen(page, 'Remove the dataset: noise', 'dialog')
    assert.deepEqual(await audit(page, 'remove'), [])
    await press(page, 'Cancel')
    assert.equal((await w.api('GET', '/datasets/noise')).status, 200, 'it was removed although that was cancelled')
    await page.click('main [aria-label="Remove the dataset"]')
    await page.keyboard.press('Escape')
    await page.waitForSelector('dialog', { state: 'detached' })
    await page.focus('main [aria-label="Remove the dataset"]')
    await page.keyboard.press('Enter')
    await seen(page, 'Remove the dataset: noise', 'dialog')
    await press(page, 'Remove the dataset')
    await page.waitForURL('**/#/data')
    await seen(page, 'noise is not tracked any more', '.toasts')
    await page.waitForFunction(() => !document.querySelector('main [href="#/data/noise"]'))
    assert.ok(existsSync(join(w.dir, 'data', 'noise.bin')), 'its file went with it')
    await w.enter(page, '/data/noise')
    await seen(page, 'was removed')
    await press(page, 'Bring it back', 'main')
    await seen(page, 'As in the snapshot')
    await page.waitForSelector('main a[data-row] >> text=@1')
  },

  async 'gc on the page of disk use says what would go, marks it, and removes it when its time has come'(page) {
    const w = await withNoise()
    await w.ok('data', 'remove', 'noise')
    await w.enter(page, '/data?tab=disk')
    await press(page, 'See what would be removed', 'main')
    await seen(page, 'Would only be marked')
    assert.match(await fact(page, 'Needed by nothing'), /2\.9 MiB/)
    assert.match(await fact(page, 'Would be removed now'), /^0 objects · 0 B/)
    assert.deepEqual(await audit(page, 'gc'), [])
    assert.ok(!existsSync(join(objects(w), 'condemned')), 'only looking has marked something')
    await press(page, 'Mark and remove', 'main')
    await press(page, 'Mark and remove')
    await seen(page, 'can be removed from')
    assert.match(await fact(page, 'Removed'), /^0 objects/)
    longAgo(w)
    await press(page, 'See what would be removed', 'main')
    await page.waitForFunction(() => [...document.querySelectorAll('main dt')].some((d) => d.textContent === 'Would be removed now' && /2\.9 MiB/.test(d.nextElementSibling.textContent)))
    await press(page, 'Mark and remove', 'main')
    await press(page, 'Mark and remove')
    await seen(page, 'Removed')
    assert.match(await fact(page, 'Removed'), /2\.9 MiB/)
    await page.waitForFunction(() => [...document.querySelectorAll('main dt')].some((d) => d.textContent === 'Needed by nothing' && d.nextElementSibling.textContent.trim() === '0 B'))
    await w.enter(page, '/data/noise')
    await press(page, 'Bring it back', 'main')
    await seen(page, '1 snapshot is lost', '.toasts')
  },

  async 'verifying is told as it goes and can be given up; what is damaged is named with the way to repair'(page) {
    const w = await began()
    writeFileSync(join(w.dir, 'data', 'noise.bin'), randomBytes(1 << 20))
    await w.ok('data', 'add', 'data/noise.bin')
    await w.enter(page, '/data?tab=disk')
    const verify = page.locator('main .panel', { has: page.locator('h2:text-is("Verify")') })
    let held
    await page.route('**/objects/verify', (route) => (held = route)) // it never answers
    await verify.getByRole('button', { name: 'Verify' }).click()
    await verify.getByRole('progressbar').waitFor()
    await verify.getByRole('button', { name: 'Cancel' }).click()
    await seen(page, 'Given up')
    assert.ok(held)
    await page.unroute('**/objects/verify')
    await verify.getByText('10 %').click()
    await verify.getByRole('button', { name: 'Verify' }).click()
    await seen(page, 'intact')
    await w.stop()
    for (const f of readdirSync(join(objects(w), 'packs')).filter((f) => f.endsWith('.pack'))) {
      const file = join(objects(w), 'packs', f)
      const bytes = readFileSync(file)
      bytes[bytes.length >> 1] ^= 1
      writeFileSync(file, bytes)
    }
    await w.serve()
    w.known.delete(page)
    await w.enter(page, '/data?tab=disk')
    await verify.getByRole('button', { name: 'Verify' }).click()
    await seen(page, 'damaged')
    await seen(page, 'needed by noise@1')
    assert.deepEqual(await audit(page, 'damaged'), [])
    await verify.getByRole('button', { name: 'Repair' }).click()
    await seen(page, 'objects healed')
    await page.waitForFunction(() => /[1-9]\d* left/.test(document.querySelector('main').innerText))
  },

  async 'a remote is added, pushed to, compared and forgotten on its page'(page) {
    const w = await withNoise()
    await w.enter(page, '/data?tab=remotes')
    await page.fill('main label:has-text("Name") input', 'disk')
    await page.fill('main label:has-text("Address") input', 'not/absolute')
    await press(page, 'Add a remote', 'main')
    await page.waitForSelector('main [role=alert]')
    await page.fill('main label:has-text("Address") input', join(w.folder, 'remote'))
    await press(page, 'Add a remote', 'main')
    await press(page, 'Compare', 'main')
    await seen(page, 'the first rondo data push makes it')
    await press(page, 'Push', 'main')
    await seen(page, 'whole on both sides')
    await seen(page, 'in sync')
    assert.deepEqual(await audit(page, 'remotes'), [])
    await press(page, 'Pull', 'main')
    await press(page, 'Pull')
    await seen(page, 'The files of noise are here', '.toasts')
    await page.click('main [aria-label="Forget the remote"]')
    await press(page, 'Forget the remote')
    await page.waitForFunction(() => !document.querySelector('main table'))
    assert.ok(existsSync(join(w.folder, 'remote')), 'the place went with its name')
  },

  async 'a removed dataset is listed with who removed it, and comes back from there'(page) {
    const w = await withNoise()
    await w.ok('data', 'remove', 'noise')
    await w.enter(page, '/data')
    const removed = page.locator('main .panel', { has: page.locator('h2:text-is("Not tracked any more")') })
    await removed.getByText('data/noise.bin').waitFor()
    assert.match(await removed.innerText(), /by cli:ann/)
    assert.deepEqual(await audit(page, 'removed'), [])
    await removed.getByRole('button', { name: 'Bring it back: noise' }).click()
    await page.waitForSelector('main [href="#/data/noise"]')
    await removed.waitFor({ state: 'detached' })
  },

  async 'a snapshot of much data tells how far it is, goes on when its dialog or page is left, and is given up at once'(page) {
    const w = await withNoise()
    await w.enter(page, '/data/noise')
    const large = () => {
      const file = openSync(join(w.dir, 'data', 'noise.bin'), 'w')
      for (let i = 0; i < 1200; i++) writeSync(file, randomBytes(1 << 20))
      closeSync(file)
    }
    large()
    await press(page, 'Take a snapshot', 'main')
    await slowly(w, async () => {
      await press(page, 'Take a snapshot')
      await page.locator('dialog p:has-text("MiB")').waitFor()
      assert.deepEqual(await audit(page, 'taking'), [])
      await press(page, 'Go on in the background')
      await page.locator('main progress').waitFor()
      await page.click('nav >> text=Runs')
      await page.waitForSelector('main h1:text-is("Runs")')
      await page.evaluate(() => history.back())
      await page.locator('main progress').waitFor()
      await page.locator('main .working').getByRole('button', { name: 'Cancel' }).click()
    })
    const began = Date.now()
    await seen(page, 'Given up')
    assert.ok(Date.now() - began < 3000, 'it took its time to give up')
    const { json } = await w.api('POST', '/datasets/noise/snapshots', { message: 'whole' }) // the server does no other work on it
    assert.equal(json.number, 2)
    truncateSync(join(w.dir, 'data', 'noise.bin'), 10)
    await page.locator('main tr:has-text("@2")').getByRole('button', { name: 'Check out' }).click()
    await page.check('dialog input[type=checkbox]')
    await slowly(w, async () => {
      await press(page, 'Check out')
      await bar(page, 'dialog')
    })
    await seen(page, 'The path is at noise@2', '.toasts')
    assert.equal(statSync(join(w.dir, 'data', 'noise.bin')).size, 1200 << 20)
  },
}
