// Metrics, params and plots of a DVC project, of commits and of the folder, in Chromium before the real server.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { press, seen } from './hands.mjs'
import { assert, audit } from './harness.mjs'
import { World } from './world.mjs'

const pipeline = `stages:
  train:
    cmd: cp data/in.csv out.csv
    deps: [data/in.csv]
    params: [train.lr]
    outs: [out.csv]
    metrics:
    - metrics.json: {cache: false}
plots:
- loss.csv: {title: Loss of training, x: step, y: loss}
- points.csv: {template: scatter, x: a, y: b}
- importance.csv: {template: bar_horizontal, x: weight, y: name}
- answers.csv: {template: confusion, x: predicted, y: actual}
- gone.csv
`

/** trained is a DVC project that git knows, as it was after some training. */
class Trained extends World {
  constructor() {
    super(mkdtempSync(join(tmpdir(), 'rondo-e2e-')))
    for (const dir of [this.dir, this.home]) mkdirSync(dir, { recursive: true })
    this.git('init', '-q', '-b', 'main')
    this.write({ '.dvc/config': '', '.dvc/.gitignore': '/config.local\n/tmp\n/cache\n', 'dvc.yaml': pipeline, 'data/in.csv': 'a,b\n', '.gitignore': '/out.csv\n' })
  }

  git(...args) {
    execFileSync('git', ['-c', 'user.name=ann', '-c', 'user.email=ann@example.com', ...args], { cwd: this.dir, stdio: 'pipe' })
  }

  write(files) {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.dir, name)), { recursive: true })
      writeFileSync(join(this.dir, name), text)
    }
  }

  /** step is what a training has left, and the commit of it where it is named. */
  step(accuracy, lr, commit) {
    const rows = Array.from({ length: 30 }, (_, i) => i)
    this.write({
      'metrics.json': JSON.stringify({ accuracy, words: '<script>alert(1)</script>' }),
      'params.yaml': `train:\n  lr: ${lr}\n  deep: true\n`,
      'loss.csv': `step,loss\n${rows.map((i) => `${i},${1 / (i + 1) + lr}`).join('\n')}\n`,
      'points.csv': `a,b\n${rows.map((i) => `${i % 5},${i + lr}`).join('\n')}\n`,
      'importance.csv': `name,weight\nrain,${lr}\nwind,-0.1\n`,
      'answers.csv': `actual,predicted\n${rows.map((i) => `${i % 2 ? 'dry' : 'wet'},${i % 3 ? 'dry' : 'wet'}`).join('\n')}\n`,
    })
    if (!commit) return
    this.git('add', '-A')
    this.git('commit', '-q', '-m', commit)
  }
}

/** tried is an experiment as dvc keeps one: a commit that only refs/exps names. */
function tried(w, name, lr) {
  const out = (...args) => execFileSync('git', args, { cwd: w.dir, encoding: 'utf8' }).trim()
  const baseline = out('rev-parse', 'HEAD')
  w.step(0.5 + lr, lr)
  w.write({ 'dvc.lock': `schema: '2.0'\nstages:\n  train:\n    cmd: cp data/in.csv out.csv\n    deps:\n    - path: data/in.csv\n      hash: md5\n      md5: 04f4f2f2a4cc1ac3d5cd4a3b4f6a7f00\n      size: 4\n    params:\n      params.yaml:\n        train:\n          deep: true\n          lr: ${lr}\n` })
  w.git('add', '-A')
  w.git('commit', '-q', '-m', name)
  w.git('update-ref', `refs/exps/${baseline.slice(0, 2)}/${baseline.slice(2)}/${name}`, 'HEAD')
  w.git('reset', '-q', '--hard', baseline)
}

const row = (page, key) => page.locator(`main tr:has(th:has-text(${JSON.stringify(key)}))`)

export const tests = {
  async 'experiments have a column for each param, what differs first, and are gone through by keys'(page) {
    const w = new Trained()
    w.step(0.79, 0.3, 'First try')
    for (const [name, lr] of [['slow', 0.1], ['fast', 0.4]]) tried(w, name, lr)
    await w.serve()
    await w.enter(page, '/data?tab=exps')
    await press(page, 'Not now')
    await page.waitForSelector('main [data-row]')
    assert.deepEqual((await page.locator('main thead th').allInnerTexts()).slice(3), ['accuracy', 'train.lr', 'train.deep'])
    assert.match(await page.locator('main tbody tr:has-text("slow")').innerText(), /0\.6\s+0\.1\s+true/)
    await page.locator('main [data-row]').first().focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    const second = await page.locator('main [data-row]').nth(1).innerText()
    await page.waitForSelector(`main .panel h2:text-is("${second}")`)
    assert.deepEqual(await audit(page, 'experiments'), [])
    await page.getByRole('switch').press('Space')
    await page.waitForFunction(() => document.querySelectorAll('main thead th').length === 5)
    await w.enter(page, '/data?tab=dvc')
    await page.locator('main input[type=search]').fill('TRAIN')
    await page.waitForFunction(() => document.querySelectorAll('main [data-row]').length === 2)
    await page.locator('main input[type=search]').fill('no such thing')
    await seen(page, 'Nothing has that')
    await page.locator('main input[type=search]').fill('')
    await page.getByRole('switch', { name: /not as recorded/ }).press('Space')
    await page.locator('main [data-row]').first().waitFor()
    assert.deepEqual(await audit(page, 'tracked'), [])
  },

  async 'an experiment runs from its page, and what is wrong is said where it was typed'(page) {
    const w = new Trained()
    for (const [key, value] of [['user.name', 'ann'], ['user.email', 'ann@example.com']]) w.git('config', key, value)
    w.write({ 'dvc.yaml': `stages:\n  train:\n    cmd: echo '{"accuracy":0.5}' > metrics.json\n    params: [train]\n    metrics:\n    - metrics.json: {cache: false}\n` })
    w.step(0.79, 0.3, 'First try')
    await w.serve()
    await w.enter(page, '/data?tab=exps')
    await press(page, 'Not now')
    await page.getByRole('button', { name: 'Run an experiment' }).click()
    await press(page, 'Not now') // nothing runs before its commands are trusted
    await w.ok('trust', '--yes')
    await page.reload()
    await page.getByRole('button', { name: 'Run an experiment' }).click()
    await page.locator('dialog[open] textarea').fill('train.nope=1')
    page.expected = /404/
    await press(page, 'Run', 'dialog[open]')
    await seen(page, 'has no param train.nope', 'dialog[open]')
    assert.deepEqual(await audit(page, 'run an experiment'), [])
    await page.locator('dialog[open] textarea').fill('train.lr=0.05\n\n+train.why="a, b"')
    await page.getByLabel('Name (without one it is made up)').fill('from-page')
    await press(page, 'Run', 'dialog[open]')
    await page.waitForFunction(() => location.hash.startsWith('#/pipeline/'))
    const [e] = await w.until('/executions', (list) => list[0] && list[0].state !== 'running' && list)
    assert.equal(e.state, 'finished', e.reason)
    assert.equal(e.experiment.name, 'from-page')
    assert.match(readFileSync(join(w.dir, 'params.yaml'), 'utf8'), /lr: 0\.05\n {2}deep: true\n {2}why: a, b\n/)
    await w.enter(page, '/data?tab=exps')
    await page.waitForSelector('main [data-row]:has-text("from-page")')
  },

  async 'metrics, params and plots of a DVC project stand side by side, and what differs is marked'(page) {
    const w = new Trained()
    w.step(0.79, 0.3, 'First try')
    w.git('tag', 'v1')
    w.git('tag', 'try,first')
    w.step(0.81, 0.2, 'Learn slower')
    w.step(0.84, 0.1)
    await w.serve()
    await w.enter(page, '/data?tab=figures')
    await press(page, 'Not now')
    assert.match(await row(page, 'accuracy').innerText(), /0\.81\s+0\.84\s+\+0\.03/)
    assert.equal(await row(page, 'accuracy').locator('.differs').count(), 1)
    assert.equal(await row(page, 'words').locator('.differs').count(), 0)
    await page.focus('main select')
    await page.selectOption('main select', 'v1')
    await page.waitForFunction(() => /revs=HEAD(,|%2C)workspace(,|%2C)v1/.test(location.hash))
    assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'SELECT', 'the focus is lost')
    await page.waitForFunction(() => /0\.79/.test(document.querySelector('main table').innerText))
    assert.match(await row(page, 'train.lr').innerText(), /0\.2\s+0\.1\s+−0\.1\s+0\.3\s+\+0\.1/)
    await page.locator('main').getByText('Only what differs').click()
    await row(page, 'words').waitFor({ state: 'detached' })
    await row(page, 'accuracy').waitFor()
    for (const name of ['Loss of training', 'points.csv', 'importance.csv', 'answers.csv']) await page.waitForSelector(`main .panel h2:text-is("${name}")`)
    assert.equal(await page.locator('main .panel:has(h2:text-is("Loss of training")) .key').count(), 3)
    assert.equal(await page.locator('main .panel:has(h2:text-is("answers.csv")) table').count(), 3)
    await seen(page, 'HEAD, workspace, v1 · gone.csv:')
    assert.deepEqual(await audit(page, 'figures'), [])
    await page.click('main [aria-label="Leave it out: HEAD"]')
    await page.waitForFunction(() => !/0\.81/.test(document.querySelector('main table').innerText))
    assert.ok(await page.getByRole('switch').isChecked(), 'what was chosen on the page is lost with another revision')
    await page.selectOption('main select', 'try,first')
    await page.waitForFunction(() => /0\.3\s/.test(document.querySelectorAll('main table')[1]?.innerText))
    await page.reload()
    await press(page, 'Not now')
    await row(page, 'accuracy').waitFor()
    assert.deepEqual(await page.locator('main table').first().locator('thead .rev').allInnerTexts(), ['workspace', 'v1', 'try,first'])
    await w.enter(page, '/data?tab=figures&revs=HEAD,nowhere,workspace')
    await seen(page, 'no experiment, commit, branch or tag nowhere')
    await press(page, 'Leave it out: nowhere', 'main')
    await row(page, 'accuracy').waitFor()
  },
}
