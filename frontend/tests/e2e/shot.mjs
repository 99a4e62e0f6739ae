// One picture of one screen, for looking at it while it is made:
//   node tests/e2e/shot.mjs NAME '#/path' [light|dark] [en|ko] [width]
// EMPTY=1 an empty project   TRUST=1 asks for trust   FULL=1 the whole page   CLICK='sel|sel' clicks first
import { chromium } from 'playwright-core'
import { start } from '../fixtures/server.mjs'

const [name, hash = '#/', theme = 'light', locale = 'en', width = '1360'] = process.argv.slice(2)
const server = await start({ empty: !!process.env.EMPTY, trust: !!process.env.TRUST })
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
const page = await browser.newPage({ viewport: { width: Number(width), height: 860 } })
page.on('console', (m) => {
  if (m.type() === 'error') console.log('console:', m.text())
})
page.on('pageerror', (e) => console.log('error:', e.message, e.stack?.split('\n')[1] ?? ''))
await page.addInitScript(
  ([t, l]) => {
    localStorage.setItem('rondo.theme', t)
    localStorage.setItem('rondo.locale', l)
  },
  [theme, locale],
)
await page.goto(`${server.url}/${hash}`)
await page.waitForTimeout(900)
for (const selector of (process.env.CLICK ?? '').split('|').filter(Boolean)) {
  await page.click(selector)
  await page.waitForTimeout(400)
}
await page.screenshot({ path: `test-results/shots/${name}.png`, fullPage: !!process.env.FULL })
await browser.close()
server.close()
