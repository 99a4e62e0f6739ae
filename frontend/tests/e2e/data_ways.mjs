// The ways from data to what it takes, what made it and what it was before, in Chromium before the real server.
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { seen, titled } from './hands.mjs'
import { assert, audit } from './harness.mjs'
import { began } from './world.mjs'

const cells = (page, table) => page.locator(`main .panel:has(h2:text-is(${JSON.stringify(table)})) tbody tr`).evaluateAll((rows) => rows.map((r) => [...r.cells].map((c) => c.textContent)))

export const tests = {
  async 'what takes the room is told dataset by dataset, the largest first, and leads to its snapshots'(page) {
    const w = await began()
    const write = (name, bytes) => writeFileSync(join(w.dir, 'data', name), bytes)
    const [first, small] = [randomBytes(3 << 20), randomBytes(40 << 10)]
    write('small.bin', small)
    write('large.bin', first)
    for (const name of ['small', 'large']) await w.ok('data', 'add', `data/${name}.bin`)
    write('large.bin', randomBytes(1 << 20))
    await w.ok('data', 'snapshot', 'large')
    await w.enter(page, '/data?tab=disk')
    await page.waitForSelector('main h2:text-is("What takes the room")')
    const sets = (await cells(page, 'What takes the room')).filter(([name]) => name !== 'weather')
    assert.deepEqual(sets.map((row) => row.slice(0, 3)), [['large', '2', '4.0 MiB'], ['small', '1', '40 KiB']])
    assert.match(sets[0][3], /^4\.0 MiB$/)
    assert.deepEqual((await cells(page, 'large')).map((row) => row.slice(0, 3)), [['@2', '1.0 MiB', '1.0 MiB'], ['@1', '3.0 MiB', '3.0 MiB']])
    await page.locator('main button[data-row]').first().focus()
    for (let i = 0; i < 5 && (await page.evaluate(() => document.activeElement.textContent)) !== 'small'; i++) await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.waitForSelector('main .panel h2:text-is("small")')
    assert.equal(await page.getAttribute('main button[data-row]:has-text("small")', 'aria-pressed'), 'true')
    assert.deepEqual((await cells(page, 'small')).map((row) => row.slice(0, 3)), [['@1', '40 KiB', '40 KiB']])
    assert.deepEqual(await audit(page, 'what takes the room'), [])
    await page.click('main .panel:has(h2:text-is("small")) a:text-is("@1")')
    await titled(page, 'small@1')
  },

  async 'derived data leads to its stage and says whether it is up to date, and a snapshot to what was before it'(page) {
    const w = await began()
    const raw = (n) => writeFileSync(join(w.dir, 'data', 'raw.csv'), `id,v\n1,${n}\n2,9\n`)
    raw(2)
    writeFileSync(join(w.dir, 'rondo.yaml'), 'rondo: 1\nname: clean\nstages:\n  clean:\n    cmd: sort -r data/raw.csv -o data/clean.csv\n    deps: [data/raw.csv]\n    outs: [data/clean.csv]\n')
    await w.ok('trust', '--yes')
    await w.ok('repro')
    await w.ok('data', 'add', 'data/clean.csv')
    await w.enter(page, '/data/clean')
    const made = page.locator('main header', { hasText: 'Made by the stage clean' })
    await made.getByText('Up to date').waitFor()
    raw(3)
    await w.ok('repro')
    await w.ok('data', 'snapshot', 'clean')
    raw(4)
    await page.reload()
    await made.getByText('Must run').waitFor()
    await page.click('main a:has-text("Made by the stage clean")')
    await titled(page, 'Pipeline')
    await page.waitForSelector('main .panel h2:text-is("clean")')
    await w.enter(page, '/data/clean/2')
    await page.click('main a:has-text("Compare with @1")')
    await titled(page, 'clean')
    assert.match(page.url(), /tab=diff&from=1&to=2$/)
    await page.waitForSelector('main del >> text=2')
    assert.equal(await page.locator('main ins').innerText(), '3')
    await w.enter(page, '/data/clean/1')
    await seen(page, 'Check out')
    assert.equal(await page.locator('main a:has-text("Compare with")').count(), 0, 'the first is compared with one before it')
  },
}
