// What a walk does with a page and its server: waiting for words, pressing buttons, and slowing the server down.
import { readFileSync, writeFileSync } from 'node:fs'
import { assert } from './harness.mjs'

const within = { timeout: 60_000 } // where something fails; nobody waits for it otherwise

export const seen = (page, text, at = 'main') => page.waitForSelector(`${at} >> text=${text}`, within)
export const titled = (page, title) => page.waitForFunction((t) => document.querySelector('main h1')?.textContent === t, title, within)
export const press = (page, name, at = 'dialog') => page.locator(at).getByRole('button', { name, exact: true }).last().click()

/** paste gives a field so much text that the browser would take minutes to lay out what is shown of it. */
export const paste = (page, selector, text, times) =>
  page.evaluate(([s, t, n]) => {
    const at = document.querySelector(s)
    at.style.display = 'none'
    at.value = t.repeat(n)
    at.dispatchEvent(new Event('input', { bubbles: true }))
  }, [selector, text, times])

/** bar waits for a bar that has a value: only then is it known how far the work is. */
export const bar = (page, at = 'main') => page.locator(`${at} progress[value]`).waitFor(within)

/** slowly lets the server work a tenth of the time until fn has seen it, so that what is quick can be looked at. */
export async function slowly(w, fn) {
  let on = true
  const rest = (ms) => new Promise((r) => setTimeout(r, ms))
  const beat = (async () => {
    for (; on; await rest(10)) {
      process.kill(w.info.process.pid, 'SIGSTOP')
      await rest(90)
      process.kill(w.info.process.pid, 'SIGCONT')
    }
  })()
  try {
    await fn()
  } finally {
    on = false
    await beat
  }
}

/** alert waits for an alert that says text, and returns all that it says. */
export async function alert(page, text, at = 'main') {
  const box = page.locator(`${at} [role=alert]`, { hasText: text })
  await box.first().waitFor(within).catch(async () => assert.fail(`no alert says ${JSON.stringify(text)}; the page says: ${(await page.innerText(at)).slice(0, 1500)}`))
  return box.first().innerText()
}

/** edit replaces a text in a file that has it. */
export function edit(path, old, now) {
  const text = readFileSync(path, 'utf8')
  assert.ok(text.includes(old), `${path} has no ${old}`)
  writeFileSync(path, text.replace(old, now))
}
