// What a walk does with a page and its server: waiting for words, pressing buttons, and slowing the server down.
const within = { timeout: 20_000 }

export const seen = (page, text, at = 'main') => page.waitForSelector(`${at} >> text=${text}`, within)
export const press = (page, name, at = 'dialog') => page.locator(at).getByRole('button', { name, exact: true }).last().click()

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
