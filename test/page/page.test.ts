import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { type Concord, openConcord } from '../../src/index.ts'
import { type Serving, serve } from '../../src/server/serve.ts'
import { accessible, buildPage, fits, launch, visit, without } from './browser.ts'
import { hostile, teams } from './team.ts'

const waitFor = async (holds: () => Promise<boolean>): Promise<void> => {
  for (let tries = 0; tries < 100; tries++) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.fail('it does not come to hold')
}

const goal = 'Read the pages and write a digest'

describe('the page', { skip: without }, () => {
  let browser: Browser
  let concord: Concord
  let server: Serving

  before(async () => {
    buildPage()
    browser = await launch()
    concord = (await openConcord({
      config: { stores: { kind: 'memory' }, teams, team: 'digest' },
      role: 'server',
    })) as Concord
    server = await serve(concord, { port: 0 })
  })
  after(async () => {
    await browser?.close()
    await server?.close(0)
    await concord?.close()
  })

  const openWithKey = (page: Page) => page.goto(server.pageLink() ?? '')
  const hash = (page: Page) => new URL(page.url()).hash

  it('takes a goal to its answer, through an approval, by keyboard and mouse', async () => {
    const { page, errors, context } = await visit(browser)
    await openWithKey(page)
    assert.equal(hash(page), '#/', 'the key is taken out of the address')
    await accessible(page, 'goals')
    await page.keyboard.press('n')
    await page.keyboard.type(goal)
    await page.keyboard.press('Control+Enter')
    await page.getByRole('heading', { name: goal }).waitFor()
    await page.getByText('Publish to 1,200 readers?').waitFor()
    await page.getByRole('button', { name: /^read succeeded/ }).waitFor()
    await accessible(page, 'a run that waits')
    await page.getByRole('button', { name: 'Approve', exact: true }).click()
    await page.getByText('Three pages were read.').waitFor()
    await page.getByRole('cell', { name: 'first' }).waitFor()
    assert.match((await page.locator('.question.is-part').textContent()) ?? '', /reader: 3 steps/)
    assert.match(
      (await page.locator('.question.is-handed').textContent()) ?? '',
      /finder gave find to reader for read/,
    )
    assert.match(
      (await page.locator('.question.is-loops').textContent()) ?? '',
      /read\/1 took 2 attempts/,
    )
    await accessible(page, 'a run that is done')
    for (const tab of ['Tree', 'Time line', 'Flame', 'Events', 'Story']) {
      await page.getByRole('tab', { name: tab }).click()
      await accessible(page, tab)
    }
    await page.getByRole('tab', { name: 'Story' }).press('ArrowLeft')
    await page.getByRole('tab', { name: 'Events', selected: true }).waitFor()
    await page.getByRole('tab', { name: 'Tree' }).click()
    await page.getByRole('button', { name: /^step find/ }).click()
    await page.getByRole('complementary', { name: 'step find' }).waitFor()
    await accessible(page, 'a step')
    await page.keyboard.press('Escape')
    assert.equal(await page.getByRole('complementary').count(), 0)
    assert.deepEqual(errors, [])
    await context.close()
  })

  it('shows the run as it was at any event', async () => {
    const { id } = await concord.start({ text: goal })
    const { page, errors, context } = await visit(browser)
    await page.goto(`${server.url}/#/runs/${id}`)
    const step = (status: string) => page.getByRole('button', { name: `find ${status}` })
    await step('succeeded').waitFor()
    const slider = page.getByRole('slider', { name: 'Event' })
    const started = (await concord.events(id)).find(({ type }) => type === 'step.started')
    await slider.fill(String(started?.version))
    await step('running').waitFor()
    await page.reload()
    await step('running').waitFor()
    await page.getByRole('button', { name: 'Now' }).click()
    await step('succeeded').waitFor()
    assert.deepEqual(errors, [])
    await context.close()
  })

  it('only reads without a key, which opens one session', async () => {
    const link = server.pageLink() ?? ''
    const { page, context } = await visit(browser)
    await page.goto(server.url)
    await page.getByText('This page only reads.').waitFor()
    await page.getByLabel('What do you want to know').fill(goal)
    assert.equal(await page.getByRole('button', { name: 'Start' }).isDisabled(), true)
    const post = (headers: { [name: string]: string }) =>
      page.evaluate(
        async ([body, given]) => {
          const response = await fetch('/goal', {
            method: 'POST',
            headers: { 'content-type': 'application/json', prefer: 'respond-async', ...given },
            body: JSON.stringify({ goal: body }),
          })
          const answer = (await response.json()) as { detail?: string }
          return [response.status, answer.detail]
        },
        [goal, headers] as const,
      )
    const [status, detail] = await post({})
    assert.equal(status, 403)
    assert.match(String(detail), /this page only reads: .* open the link/)
    assert.equal((await post({ 'concord-page': 'guessed' }))[0], 403)
    await page.goto(link)
    await page.reload()
    await page.getByLabel('What do you want to know').fill(goal)
    await page.getByRole('button', { name: 'Start' }).click()
    await page.getByRole('heading', { name: goal }).waitFor()
    const second = await visit(browser)
    await second.page.goto(link)
    await second.page.getByText('This page only reads.').waitFor()
    await second.context.close()
    await context.close()
  })

  it('asks for the token of a server that has one; its files are open, nothing else is', async () => {
    const guarded = await serve(concord, { port: 0, token: 'correct-horse' })
    try {
      assert.equal((await fetch(`${guarded.url}/`)).status, 200)
      for (const path of [
        '/runs',
        '/teams',
        '/events',
        '/memory/list?namespace=global',
        '/openapi.json',
      ])
        assert.equal((await fetch(guarded.url + path)).status, 401, path)
      const { page, errors, context } = await visit(browser)
      await page.goto(guarded.url)
      await page.getByRole('heading', { name: 'Sign in' }).waitFor()
      await accessible(page, 'sign in')
      await page.getByLabel('Token').fill('correct-horse')
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByLabel('What do you want to know').fill(goal)
      await page.getByRole('button', { name: 'Start' }).click()
      await page.getByText('Publish to 1,200 readers?').waitFor()
      // Cookies and what is kept in the browser.
      const kept = JSON.stringify(await context.storageState())
      assert.equal(kept.includes('correct-horse'), false)
      const tab = await page.evaluate(() => JSON.stringify({ ...sessionStorage }))
      assert.equal(tab.includes('correct-horse'), false)
      assert.deepEqual(errors, [])
      await context.close()
    } finally {
      await guarded.close(0)
    }
  })

  it('treats what agents say and are called as hostile', async () => {
    const run = await concord.start({ text: hostile, team: 'lies' })
    await run.settled()
    const { page, errors, context } = await visit(browser)
    for (const place of [
      '',
      `runs/${run.id}`,
      `runs/${run.id}?tab=tree`,
      `runs/${run.id}?tab=events`,
      'agents',
    ]) {
      await page.goto(`${server.url}/#/${place}`)
      await page.getByText('window.hit').first().waitFor()
      assert.equal(
        await page.evaluate(() => (globalThis as { hit?: number }).hit),
        undefined,
        place,
      )
      assert.equal(
        await page.locator('main img, main script, a[href^="javascript"]').count(),
        0,
        place,
      )
      const text = await page.locator('main').textContent()
      assert.equal(text?.includes('\u202e'), false, place)
    }
    assert.deepEqual(errors, [])
    await context.close()
  })

  it('shows memory as it changes, and writes over nobody', async () => {
    const state = concord.state('team/stock')
    await state.set('apples', 3)
    const { page, errors, context } = await visit(browser)
    await openWithKey(page)
    await page.goto(`${server.url}/#/memory?in=team/stock`)
    await page.getByRole('button', { name: 'apples' }).waitFor()
    await state.set('pears', { count: 5 })
    await page.getByRole('button', { name: 'pears' }).waitFor()
    await accessible(page, 'memory')
    await page.getByRole('button', { name: 'apples' }).click()
    await page.getByRole('button', { name: 'Change it …' }).click()
    const value = page.getByLabel('The new value, as JSON')
    await value.fill('4')
    await state.set('apples', 9)
    await page.getByRole('button', { name: 'Write it' }).click()
    await page.getByText('It was changed meanwhile').waitFor()
    assert.equal(await state.get('apples'), 9)
    await page.getByRole('button', { name: 'Write it' }).click()
    await page.getByRole('button', { name: 'Change it …' }).waitFor()
    assert.equal(await state.get('apples'), 4)
    assert.deepEqual(errors, [])
    await context.close()
  })

  it('forks a run from an event with other params', async () => {
    const run = await concord.start({ text: goal, params: { pages: 3 } })
    await run.settled()
    const { page, context } = await visit(browser)
    await openWithKey(page)
    await page.goto(`${server.url}/#/runs/${run.id}?tab=tree`)
    await page.getByRole('button', { name: /^step find/ }).click()
    await page.getByRole('button', { name: /^Fork from event/ }).click()
    await page.getByLabel('Other params, as JSON').fill('{"pages": 9}')
    await page.getByRole('button', { name: 'Start the fork' }).click()
    await page.getByText('forked from').waitFor()
    const forked = decodeURIComponent(hash(page).split('/')[2]?.split('?')[0] ?? '')
    assert.deepEqual((await (await concord.handle(forked)).view()).params, { pages: 9 })
    await context.close()
  })

  it('hears a goal that is spoken, where the browser can, and says so where it cannot', async () => {
    const heard = await visit(browser, {}, (page) =>
      page.addInitScript(() => {
        class Recogniser {
          onresult: ((event: object) => void) | null = null
          onend: (() => void) | null = null
          start() {
            const result = Object.assign([{ transcript: ' find three pages ' }], { isFinal: true })
            setTimeout(() => this.onresult?.({ resultIndex: 0, results: [result] }), 20)
          }
          stop() {
            this.onend?.()
          }
        }
        Object.assign(globalThis, {
          SpeechRecognition: Recogniser,
          webkitSpeechRecognition: Recogniser,
        })
      }),
    )
    await openWithKey(heard.page)
    await heard.page.getByRole('button', { name: 'Speak' }).click()
    await heard.page.getByText('may send what it hears').waitFor()
    await waitFor(
      async () =>
        (await heard.page.locator('textarea').first().inputValue()) === 'find three pages',
    )
    await heard.page.getByRole('button', { name: 'Stop listening' }).click()
    assert.deepEqual(heard.errors, [])
    await heard.context.close()
    const deaf = await visit(browser, {}, (page) =>
      page.addInitScript(() =>
        Object.assign(globalThis, {
          SpeechRecognition: undefined,
          webkitSpeechRecognition: undefined,
        }),
      ),
    )
    await deaf.page.goto(server.url)
    await deaf.page.getByText('cannot turn speech into text').waitFor()
    await deaf.context.close()
  })

  it('fits a phone, in the dark', async () => {
    const { page, errors, context } = await visit(browser, {
      viewport: { width: 390, height: 844 },
      colorScheme: 'dark',
      hasTouch: true,
    })
    const run = await concord.start({
      text: `${goal} ${'with a long word '.repeat(5)}${'x'.repeat(300)}`,
    })
    await run.settled()
    for (const place of [
      '',
      `runs/${run.id}`,
      `runs/${run.id}?tab=tree`,
      'memory',
      'agents',
      'waiting',
    ]) {
      await page.goto(`${server.url}/#/${place}`)
      await page.getByRole('heading', { level: 1 }).first().waitFor()
      await page.waitForTimeout(100)
      await fits(page, place)
      await accessible(page, `${place} in the dark`)
    }
    assert.deepEqual(errors, [])
    await context.close()
  })

  it('finds its way by the palette', async () => {
    const { page, errors, context } = await visit(browser)
    await page.goto(server.url)
    await page.getByRole('heading', { name: 'Goals' }).waitFor()
    await page.keyboard.press('Control+k')
    await accessible(page, 'palette')
    await page.keyboard.type('agents')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Agents', level: 1 }).waitFor()
    await page.keyboard.press('w')
    await page.getByRole('heading', { name: 'Waiting for you' }).waitFor()
    assert.deepEqual(errors, [])
    await context.close()
  })
})
