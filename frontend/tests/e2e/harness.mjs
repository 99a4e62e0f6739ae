// What every end-to-end test needs: a browser, a page in a theme and a language, and checks
// that stop at the first thing that is not so. BASE_URL (and LAUNCH_CODE, the code of a
// one-time address) point the walk at a real server instead of the fixture's.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import AxeBuilder from '@axe-core/playwright'
import { chromium } from 'playwright-core'

export { assert }
export const shots = fileURLToPath(new URL('../../test-results/shots/', import.meta.url))
mkdirSync(shots, { recursive: true })

export const real = process.env.BASE_URL

const root = typeof process.getuid === 'function' && process.getuid() === 0
/** launching is how the browser is started. */
export const launching = { executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--host-resolver-rules=MAP evil.example 127.0.0.1', ...(root ? ['--no-sandbox'] : [])] }
export const openBrowser = () => chromium.launch(launching)

/** openPage returns a page whose every error is remembered. */
export async function openPage(browser, { theme = 'light', locale = 'en', width = 1360, height = 860, motion = 'reduce' } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, reducedMotion: motion })
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const page = await context.newPage()
  page.faults = []
  page.on('pageerror', (e) => page.faults.push(`page error: ${e.message}`))
  page.on('console', (m) => {
    if (m.type() === 'error' && !/status of (4|5)\d\d/.test(m.text())) page.faults.push(`console: ${m.text()}`)
  })
  await page.addInitScript(
    ([t, l]) => {
      if (sessionStorage.getItem('set')) return
      sessionStorage.setItem('set', '1')
      localStorage.setItem('rondo.theme', t)
      localStorage.setItem('rondo.locale', l)
    },
    [theme, locale],
  )
  return page
}

/** enter opens a screen and waits until it has settled. */
export async function enter(page, base, path) {
  await page.goto(`${base}/#${path}`)
  await settled(page)
}

export async function settled(page) {
  await page.waitForSelector('main h1', { timeout: 60_000 })
  await page.waitForFunction(() => !document.querySelector('main .skeleton'), null, { timeout: 60_000 })
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
}

/** audit runs axe over the page and fails with what it found, element by element. */
export async function audit(page, name) {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']).analyze()
  const found = violations.map((v) => `${v.id}: ${v.help}\n    ${v.nodes.slice(0, 4).map((n) => `${n.html.slice(0, 160)} — ${n.any[0]?.message ?? n.all[0]?.message ?? n.none[0]?.message ?? ''}`).join('\n    ')}`)
  if (found.length) return found.map((f) => `${name}: ${f}`)
  return []
}

/** wide says whether the page scrolls sideways, which no screen may. */
export const wide = (page) => page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth + 1)
