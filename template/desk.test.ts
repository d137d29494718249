import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ConcordConfig, openConcord } from '@concord-agents/concord'
import { callsTool, scriptedModel } from '@concord-agents/concord/testing'
import config from './concord.config.ts'

/** The teams as they are, with a memory of their own, and a model that says what the test wants. */
const opened = (model: ConcordConfig['model']) =>
  openConcord({ config: { ...config, stores: { kind: 'memory' }, model } })

const looksUp = callsTool('find_order', { number: 'A-1001' })
const draft = (refund: number, reply: string) => JSON.stringify({ order: 'A-1001', refund, reply })

test('a refund is paid when a person approves it', async () => {
  await using concord = await opened(scriptedModel([looksUp, draft(40, 'You get 40 euros.')]))
  const run = await concord.start('Please refund order A-1001.')
  const { waits } = await run.settled()
  assert.equal(waits[0]?.prompt, 'Refund 40 for order A-1001, and send "You get 40 euros."?')
  await run.approve(String(waits[0]?.hash), { by: 'a test' })
  assert.deepEqual(await run.result(), { order: 'A-1001', paid: 40, sent: true })
})

test('nothing is paid when a person says no', async () => {
  await using concord = await opened(scriptedModel([looksUp, draft(40, 'You get 40 euros.')]))
  const run = await concord.start('Please refund order A-1001.')
  const { waits } = await run.settled()
  await run.reject(String(waits[0]?.hash), { value: 'call the customer first' })
  assert.deepEqual(await run.result(), { order: 'A-1001', paid: 0, sent: false })
  assert.equal(await concord.state('team/desk').get('refund:A-1001'), undefined)
})

test('the auditor sends a wrong amount back, and says why', async () => {
  const model = scriptedModel([looksUp, draft(400, 'You get 400.'), looksUp, draft(40, 'You get 40.')])
  await using concord = await opened(model)
  const { output } = await concord.run({ text: 'Please refund order A-1001.', team: 'drafts' })
  assert.deepEqual(output, { order: 'A-1001', refund: 40, reply: 'You get 40.' })
  assert.match(JSON.stringify(model.requests[2]?.messages), /the refund is 40, not 400/)
})

test('the bookkeeper wakes when a refund is written', async () => {
  await using concord = await opened(scriptedModel([]))
  await concord.keep()
  const desk = concord.state('team/desk')
  const sums = desk.watch('refunded')
  await sums.opened
  await desk.set('refund:A-1001', 40)
  for await (const news of sums) {
    assert.equal(news.kind === 'change' && news.value, 40)
    break
  }
})
