// npm run e2e — behaviour against the fixture server, mistakes against the real one (build/bin/rondo), then the walk over every screen.
//   BASE_URL=http://127.0.0.1:7717 LAUNCH_CODE=… npm run e2e     walks a real server instead
//   ONLY=palette npm run e2e                                    one test by a part of its name
//   ONLY=walk SCREEN=run npm run e2e                            some screens by the start of their name
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { start } from '../fixtures/server.mjs'
import { tests as disk } from './bad_disk.mjs'
import { tests as doors } from './bad_doors.mjs'
import { tests as mistakes } from './bad_input.mjs'
import { tests } from './behaviour.mjs'
import { tests as snapshots } from './behaviour_data.mjs'
import { tests as runs } from './behaviour_runs.mjs'
import { tests as data } from './data.mjs'
import { tests as bring } from './data_bring.mjs'
import { tests as compare } from './data_compare.mjs'
import { tests as keys } from './data_keys.mjs'
import { tests as many } from './data_many.mjs'
import { tests as ways } from './data_ways.mjs'
import { tests as figures } from './dvc_figures.mjs'
import { tests as graph } from './graph.mjs'
import { assert, openBrowser, openPage, real } from './harness.mjs'
import { tests as loop } from './loop_keys.mjs'
import { tests as reader } from './reader.mjs'
import { tests as reading } from './reading.mjs'
import { walk } from './walk.mjs'
import { closeWorlds, rondo } from './world.mjs'

if (!real && !existsSync(fileURLToPath(new URL('../../dist/index.html', import.meta.url)))) {
  console.error('there is nothing built to look at: npm run build')
  process.exit(1)
}
if (!real && !existsSync(rondo)) {
  console.error('there is no program to ask: make build')
  process.exit(1)
}
const browser = await openBrowser()
const only = process.env.ONLY
let failed = 0

async function run(name, test) {
  if (only && !name.includes(only)) return
  const began = Date.now()
  try {
    await test()
    console.log(`ok    ${name} (${Date.now() - began} ms)`)
  } catch (e) {
    failed++
    console.error(`FAIL  ${name}\n${e.message}\n${(e.stack ?? '').split('\n').find((l) => l.includes('/e2e/')) ?? ''}`)
  }
}

if (!real) {
  for (const [name, test] of Object.entries({ ...tests, ...snapshots, ...runs, ...reader })) {
    await run(name, async () => {
      const server = await start()
      const page = await openPage(browser)
      try {
        await test(page, server)
        assert.deepEqual(page.faults.filter((f) => !page.expected?.test(f)), [])
      } finally {
        await page.context().close()
        server.close()
      }
    })
  }
}
if (!real) {
  for (const [name, test] of Object.entries({ ...mistakes, ...disk, ...doors, ...data, ...bring, ...compare, ...keys, ...many, ...ways, ...figures, ...graph, ...loop, ...reading })) {
    await run(name, async () => {
      const page = await openPage(browser)
      try {
        await test(page, browser)
        assert.deepEqual(page.faults.filter((f) => !page.expected?.test(f)), [])
      } finally {
        await page.context().close()
        await closeWorlds()
      }
    })
  }
}
await run('walk every screen: both themes, both languages, axe', () => walk(browser))
await closeWorlds(true)
await browser.close()
console.log(failed ? `${failed} failed` : 'all passed')
process.exit(failed ? 1 : 0)
