import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { AxeBuilder } from '@axe-core/playwright'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

const executablePath = process.env.CONCORD_CHROMIUM ?? '/usr/bin/chromium'
const required = process.env.CONCORD_REQUIRE_SERVERS === '1'

/** Why browser tests are left out; `CONCORD_REQUIRE_SERVERS=1` makes that a failure. */
export const without =
  existsSync(executablePath) || required
    ? false
    : `no Chromium at ${executablePath}: set CONCORD_CHROMIUM`

const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** As the first `concord serve` of a clone does. */
export const buildPage = (): void => {
  const builder = fileURLToPath(new URL('../../web/build.ts', import.meta.url))
  execFileSync(process.execPath, [builder, '--if-needed'], { stdio: 'pipe' })
}

export const launch = (): Promise<Browser> => chromium.launch({ executablePath, args: quiet })

/** Answers that a test provokes are written to the console by the browser itself. */
const provoked = /Failed to load resource|net::ERR_/

export type Visit = { page: Page; context: BrowserContext; errors: string[] }

/** A page whose errors and console messages are collected: a test ends with none. */
export const visit = async (
  browser: Browser,
  options: Parameters<Browser['newContext']>[0] = {},
  before: (page: Page) => Promise<unknown> = async () => {},
): Promise<Visit> => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
  const page = await context.newPage()
  const errors: string[] = []
  page.setDefaultTimeout(10_000)
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && !provoked.test(message.text()))
      errors.push(message.text())
  })
  await before(page)
  return { page, context, errors }
}

/** No violation that axe-core finds. */
export const accessible = async (page: Page, what: string): Promise<void> => {
  const { violations } = await new AxeBuilder({ page }).analyze()
  assert.deepEqual(
    violations.map(({ id, nodes }) => `${what}: ${id}: ${nodes[0]?.html}`),
    [],
  )
}

/** Nothing is wider than the window. */
export const fits = async (page: Page, what: string): Promise<void> => {
  const [inner, outer] = await page
    .locator('html')
    .evaluate(({ scrollWidth, clientWidth }: { scrollWidth: number; clientWidth: number }) => [
      scrollWidth,
      clientWidth,
    ])
  assert.ok(Number(inner) <= Number(outer), `${what} is ${inner} wide in a window of ${outer}`)
}
