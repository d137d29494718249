import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { jsonHeaders, startProgram } from '../server/fixture.ts'
import { buildPage, launch, visit, without } from './browser.ts'

const program = fileURLToPath(new URL('./count-server.ts', import.meta.url))

describe('a page whose server is killed and started again', { skip: without }, () => {
  it('says so, goes on by itself, and shows each event once', async (t) => {
    buildPage()
    const directory = await mkdtemp(join(tmpdir(), 'concord-page-'))
    t.after(() => rm(directory, { recursive: true, force: true }))
    const start = (port = '0') => startProgram(t, process.execPath, [program, directory, port])
    let server = await start()
    const url = server.line
    const body = JSON.stringify({ goal: 'count' })
    const headers = { ...jsonHeaders, prefer: 'respond-async' }
    const { runId } = (await (
      await fetch(`${url}/goal`, { method: 'POST', headers, body })
    ).json()) as {
      runId: string
    }
    const browser = await launch()
    t.after(() => browser.close())
    const { page, errors } = await visit(browser)
    await page.goto(`${url}/#/runs/${runId}?tab=events`)
    await page.getByText('step.succeeded').nth(10).waitFor()
    await server.kill('SIGKILL')
    await page.getByText('The server does not answer').waitFor()
    assert.equal(
      await page.getByRole('heading', { name: 'count' }).count(),
      1,
      'what was known stays',
    )
    server = await start(new URL(url).port)
    await page.getByText('The server does not answer').waitFor({ state: 'detached' })
    await page.getByRole('heading', { name: 'Answer', exact: true }).waitFor({ timeout: 20_000 })
    const events = (await (
      await fetch(`${url}/runs/${runId}/events`, { headers: { accept: 'application/json' } })
    ).json()) as unknown[]
    await page.getByText(`${events.length} of ${events.length}`).waitFor()
    const older = page.getByRole('button', { name: 'Show older events' })
    if (await older.isVisible()) await older.click()
    const shown = await page
      .locator('.events > li')
      .evaluateAll((items: { getAttribute(name: string): string | null }[]) =>
        items.map((item) => Number(item.getAttribute('value'))),
      )
    assert.deepEqual(
      shown,
      events.map((_, i) => events.length - i),
    )
    assert.deepEqual(errors, [])
  })
})
