/** `node scripts/screenshots.ts`: the pictures of docs/guides/page.md, from a real run of the research team on the bundled papers. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { chromium, type Page } from 'playwright-core'
import { agent, openConcord, team } from '../src/index.ts'
import { serve } from '../src/server/serve.ts'

const out = resolve(import.meta.dirname, '../docs/images')
const folder = await mkdtemp(join(tmpdir(), 'concord-pictures-'))
await mkdir(out, { recursive: true })

const buyer = agent({
  name: 'buyer',
  description: 'Orders what runs out',
  run: async (_, context) => {
    await context.state.in('team/shop').set('lamps', { inStock: 3, ordered: 40 })
    return context.approve('Order 40 lamps for 1,200 EUR from the usual supplier?')
  },
})
const concord = await openConcord({
  config: {
    stores: { directory: join(folder, '.concord') },
    teams: { shop: team({ description: 'Keeps the shelves full', agents: [buyer] }) },
    team: 'research',
  },
  role: 'server',
})
const server = await serve(concord, { port: 0 })
const browser = await chromium.launch({
  executablePath: process.env.CONCORD_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
})

const picture = async (page: Page, name: string): Promise<void> => {
  await page.waitForTimeout(600)
  await page.screenshot({ path: join(out, `${name}.png`) })
  console.log(`docs/images/${name}.png`)
}

const shown = async (name: string, hash: string, options: object, act?: (page: Page) => Promise<unknown>) => {
  const context = await browser.newContext({ viewport: { width: 1200, height: 860 }, ...options })
  const page = await context.newPage()
  await page.goto(server.pageLink() ?? '')
  await page.goto(`${server.url}/#/${hash}`)
  await act?.(page)
  await picture(page, name)
  await context.close()
}

try {
  const goal = 'Summarize the latest advances in multimodal LLMs and suggest three open research problems'
  const research = await concord.start({ text: goal, team: 'research', params: { source: 'corpus' } })
  await research.settled()
  const order = await concord.start({ text: 'Keep enough lamps in stock', team: 'shop' })
  await order.settled()
  const run = `runs/${research.id}`
  const down = (page: Page) => page.locator('.questions').scrollIntoViewIfNeeded()
  await shown('page-goals', '', {})
  await shown('page-answer', run, {})
  await shown('page-inside', `${run}?tab=plan`, {}, async (page) => {
    await page
      .getByRole('button', { name: /^retrieve/ })
      .first()
      .waitFor()
    await down(page)
    await page.mouse.wheel(0, 700)
  })
  await shown('page-flame-dark', `${run}?tab=flame`, { colorScheme: 'dark' }, async (page) => {
    await page.locator('canvas').waitFor()
    await page.locator('canvas').scrollIntoViewIfNeeded()
  })
  await shown('page-approval', `runs/${order.id}`, {})
  await shown('page-phone', `runs/${order.id}`, { viewport: { width: 390, height: 780 }, hasTouch: true })
} finally {
  await browser.close()
  await server.close(0)
  await concord.close()
  await rm(folder, { recursive: true, force: true })
}
