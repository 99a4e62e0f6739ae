// Comparing two snapshots of a large table, in Chromium before the real server.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bar, press, seen, slowly } from './hands.mjs'
import { assert, audit } from './harness.mjs'
import { began } from './world.mjs'

/** large writes a table of about 25 MB whose rows from some number on are others than before. */
function large(w, from) {
  const rows = Array.from({ length: 1_000_000 }, (_, i) => `${i},${(i * 7919) % 1000},${i >= from ? 'new' : 'some'} words ${i % 50}`)
  writeFileSync(join(w.dir, 'data', 'large.csv'), `id,value,text\n${rows.join('\n')}\n`)
}

export const tests = {
  async 'a comparison of large tables tells how far it is, is given up at once, and is done when it is asked again'(page) {
    const w = await began()
    large(w, 1_000_000)
    await w.ok('data', 'add', 'data/large.csv')
    large(w, 999_990)
    await w.ok('data', 'snapshot', 'large')
    await w.ok('data', 'profile', 'large@1')
    await w.ok('data', 'profile', 'large@2')
    await w.enter(page, '/data/large')
    await slowly(w, async () => {
      await page.locator('main [role=tab]:has-text("Compare")').click()
      await bar(page)
      await page.locator('main p:has-text("MiB")').waitFor()
      assert.deepEqual(await audit(page, 'comparing'), [])
      await press(page, 'Cancel', 'main')
      const began = Date.now()
      await seen(page, 'Given up')
      assert.ok(Date.now() - began < 3000, 'it took its time to give up')
    })
    await press(page, 'Compare', 'main')
    await seen(page, 'rows changed')
    assert.match(await page.locator('main .numbers').innerText(), /^0\s+rows added\s+0\s+rows removed\s+10\s+rows changed\s+999,990/i)
    assert.equal(await page.locator('main progress').count(), 0)
    await w.enter(page, '/data/large?tab=diff&from=2&to=2')
    await seen(page, 'Nothing differs between @2 and @2')
  },

  async 'lines that are no rows are told of wherever a table is looked into'(page) {
    const w = await began()
    const file = join(w.dir, 'data', 'dirty.csv')
    writeFileSync(file, 'id;price;id\n1;1,5;x\n2;2,5\n3;3,5;y\n')
    await w.ok('data', 'add', 'data/dirty.csv')
    writeFileSync(file, 'id;price;id\n1;1,5;x\n2;"open;z\n3;4,5;y\n')
    await w.ok('data', 'snapshot', 'dirty')
    await w.enter(page, '/data/dirty/1')
    await seen(page, '1 line is not a row of this table')
    await seen(page, 'line 3: it has 2 fields, and the header has 3')
    await seen(page, 'another is called "id_2" here')
    await seen(page, 'numbers of price are taken as people write them')
    assert.deepEqual(await audit(page, 'lines that are no rows'), [])
    await page.locator('main [role=tab]:has-text("Rows")').click()
    await page.locator('main td:has-text("3,5")').waitFor()
    await seen(page, 'line 3: it has 2 fields, and the header has 3')
    await page.locator('main [role=tab]:has-text("SQL")').click()
    await page.locator('main textarea').fill('select sum(price) from dirty')
    await press(page, 'Ask', 'main')
    await page.locator('main td:has-text("5")').waitFor()
    await seen(page, 'line 3: it has 2 fields, and the header has 3')
    await w.enter(page, '/data/dirty?tab=diff&from=1&to=2')
    await seen(page, '@1 · 1 line is not a row of this table')
    await seen(page, '@2 · 1 line is not a row of this table')
    await seen(page, 'line 3: a quote that opens in it never ends')
  },
}
