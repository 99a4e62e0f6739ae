// What a person does with the keyboard alone; the focus must be seen wherever it comes.
import { titled } from './hands.mjs'
import { assert, audit, settled } from './harness.mjs'

/** focus tells where the focus is, and whether a person sees it. */
export const focus = (page) =>
  page.evaluate(() => {
    const at = document.activeElement
    const drawn = (e) => e && (getComputedStyle(e).outlineStyle !== 'none' || getComputedStyle(e).boxShadow !== 'none')
    const around = at.closest('label')
    return { lost: at === document.body, seen: [at, around, around?.querySelector('i'), at.nextElementSibling].some(drawn), html: at.outerHTML.slice(0, 160) }
  })

export const is = (at) => at.evaluateAll((all) => all.some((e) => e === document.activeElement))

/** reach goes on by Tab until the focus is on what is wanted. */
export async function reach(page, at) {
  await at.first().waitFor({ timeout: 60_000 })
  for (let i = 0; i < 150; i++) {
    if (await is(at)) return
    await page.keyboard.press('Tab')
    const f = await focus(page)
    if (!f.lost) assert.ok(f.seen, `nobody sees the focus on ${f.html}`)
  }
  assert.fail(`Tab does not lead to ${at}; it is on ${(await focus(page)).html}`)
}

export const button = (page, name, at = 'main') => page.locator(at).getByRole('button', { name, exact: true })
export const field = (page, name, at = 'dialog') => page.locator(at).getByLabel(name, { exact: true })

export async function press(page, name, at) {
  await reach(page, button(page, name, at))
  await page.keyboard.press('Enter')
}

export async function type(page, name, text, at) {
  await reach(page, field(page, name, at))
  await page.keyboard.type(text)
}

/** back waits until a dialog is gone and says whether the focus is where it was opened. */
export async function back(page, name) {
  await page.waitForSelector('dialog', { state: 'detached', timeout: 60_000 })
  assert.ok(await is(button(page, name)), `the dialog of ${name} leaves the focus on ${(await focus(page)).html}`)
}

export async function kept(page, where) {
  assert.ok(!(await focus(page)).lost, `the focus is lost after ${where}`)
}

/** tab goes to a tab of the page by the arrows. */
export async function tab(page, name) {
  const wanted = page.locator('main').getByRole('tab', { name })
  await reach(page, page.locator('main [role=tab][aria-selected=true]'))
  for (let i = 0; i < 8 && (await wanted.getAttribute('aria-selected')) !== 'true'; i++) await page.keyboard.press('ArrowRight')
  assert.ok(await is(wanted), `the arrows do not lead to the tab ${name}`)
  await settled(page)
}

export async function clean(page, name) {
  for (const theme of ['light', 'dark']) {
    await page.evaluate((t) => (document.documentElement.dataset.theme = t), theme)
    await settled(page)
    assert.deepEqual(await audit(page, `${name}, ${theme}`), [])
  }
}

/** go leads to a page by its address, as a link does. */
export async function go(page, path, title) {
  await page.evaluate((p) => (location.hash = p), `#${path}`)
  await titled(page, title)
  await settled(page)
}
