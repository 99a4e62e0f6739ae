// Walks every screen in both themes and both languages: nothing fails, nothing scrolls
// sideways, axe finds nothing, and a picture of each is kept.
import { start } from '../fixtures/server.mjs'
import { assert, audit, enter, openPage, real, settled, shots, wide } from './harness.mjs'
import { emptyScreens, fixtureScreens, realScreens } from './screens.mjs'

// Colours depend on the theme and names on the language, so two looks show axe all there is.
const looks = [
  { theme: 'light', locale: 'en', axe: true },
  { theme: 'dark', locale: 'ko', axe: true },
  { theme: 'dark', locale: 'en' },
  { theme: 'light', locale: 'ko' },
]

export async function walk(browser) {
  const server = real ? undefined : await start()
  const empty = real ? undefined : await start({ empty: true })
  const bad = []
  for (const look of looks) {
    bad.push(...(await walkOne(browser, real ?? server.url, look, undefined, '')))
    if (empty) bad.push(...(await walkOne(browser, empty.url, look, emptyScreens, 'empty-')))
  }
  if (server) bad.push(...(await walkOne(browser, server.url, { theme: 'light', locale: 'ko', width: 900 }, fixtureScreens, 'narrow-')))
  if (server) bad.push(...(await walkOne(browser, server.url, { theme: 'dark', locale: 'en', width: 400 }, fixtureScreens, 'small-')))
  server?.close()
  empty?.close()
  assert.deepEqual(bad, [], bad.join('\n'))
}

/** failed are the words of what could not be loaded: a page that has nothing else to show is sound in every other way. */
const failed = (page) => page.locator('main .failed[role=alert]').allInnerTexts()

/** readable says whether the title and what is told below it have room for words. */
const readable = (page) => page.$eval('main header .grow', (e) => e.clientWidth >= 200)

async function walkOne(browser, base, look, screens, prefix) {
  const page = await openPage(browser, look)
  if (real) await login(page, base)
  screens ??= real ? await realScreens(page) : fixtureScreens
  const bad = []
  for (const [name, path] of Object.entries(screens)) {
    const label = `${prefix}${name} ${look.theme} ${look.locale}`
    if (process.env.SCREEN && !name.startsWith(process.env.SCREEN)) continue
    try {
      await enter(page, base, path)
      if (name !== 'lost' && (await page.locator('[data-lost]').count())) bad.push(`${label}: it leads nowhere`)
      bad.push(...(await failed(page)).map((f) => `${label}: it says ${f}`))
      if (await wide(page)) bad.push(`${label}: the page scrolls sideways`)
      if (!(await readable(page))) bad.push(`${label}: what stands beside the title leaves no room for its words`)
      if (look.axe) bad.push(...(await audit(page, label)))
      await page.screenshot({ path: `${shots}${prefix}${name}-${look.theme}-${look.locale}.png` })
    } catch (e) {
      bad.push(`${label}: ${e.message.split('\n')[0]}`)
    }
    bad.push(...page.faults.splice(0).map((f) => `${label}: ${f}`))
  }
  await page.context().close()
  return bad
}

// The code of a launch address is spent by its first use; later windows bring the cookie along.
let cookies = []

async function login(page, base) {
  const code = process.env.LAUNCH_CODE
  if (cookies.length) await page.context().addCookies(cookies)
  const first = code && !cookies.length
  await page.goto(!first ? base : /^https?:/.test(code) ? code : `${base}/launch?code=${encodeURIComponent(code)}`)
  await page.waitForURL(`${base}/**`)
  await settled(page)
  cookies = await page.context().cookies()
  if (code) assert.ok(cookies.length > 0, 'the launch address sets a cookie')
}
