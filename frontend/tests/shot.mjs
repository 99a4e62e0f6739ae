// node tests/shot.mjs NAME '#/path' [theme] [locale] [width] — one picture of one screen, for looking at it.
import { chromium } from 'playwright-core'
import { start } from './fixtures/server.mjs'

const [name, hash = '#/', theme = 'light', locale = 'en', width = '1360'] = process.argv.slice(2)
const server = await start({ empty: !!process.env.EMPTY, trust: !!process.env.TRUST })
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
const page = await browser.newPage({ viewport: { width: Number(width), height: 860 } })
page.on('console', (m) => m.type() === 'error' && console.log('console:', m.text()))
page.on('pageerror', (e) => console.log('error:', e.message, e.stack?.split('\n')[1] ?? ''))
await page.addInitScript(([t, l]) => (localStorage.setItem('rondo.theme', t), localStorage.setItem('rondo.locale', l)), [theme, locale])
await page.goto(`${server.url}/${hash}`)
await page.waitForTimeout(900)
if (process.env.CLICK) for (const c of process.env.CLICK.split('|')) (await page.click(c), await page.waitForTimeout(400))
await page.screenshot({ path: `test-results/shots/${name}.png`, fullPage: !!process.env.FULL })
await browser.close()
server.close()
