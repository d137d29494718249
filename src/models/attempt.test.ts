import assert from 'node:assert/strict'
import { afterEach, beforeEach, mock, test } from 'node:test'
import { type Attempt, attempt } from './attempt.ts'

const context = { id: 'p/m' }
const limits = { timeoutMs: 1000, silenceMs: 100 }

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }))
afterEach(() => mock.timers.reset())

/** An attempt that ends when told to. */
const started = (given: Partial<Parameters<typeof attempt>[1]> = {}) => {
  const { promise: work, resolve, reject } = Promise.withResolvers<string>()
  let running: Attempt | undefined
  const outcome = attempt(
    (current) => {
      running = current
      return current.wait(work)
    },
    { ...limits, ...given },
    context,
  )
  assert.ok(running)
  return { running, outcome, resolve, reject }
}

test('every piece of a stream starts the time of silence again', async () => {
  const { running, outcome, resolve } = started()
  for (let piece = 0; piece < 9; piece += 1) {
    running.heard()
    mock.timers.tick(90)
    assert.equal(running.signal.aborted, false)
  }
  resolve('810 ms later')
  assert.equal(await outcome, '810 ms later')
})

test('silence ends an attempt, but only one that streams', async () => {
  const whole = started()
  mock.timers.tick(500)
  whole.resolve('late')
  assert.equal(await whole.outcome, 'late')
  const stream = started()
  stream.running.heard()
  mock.timers.tick(100)
  await assert.rejects(stream.outcome, { code: 'model.timeout', message: /silent: nothing for 100 ms/ })
  assert.ok(stream.running.signal.aborted)
})

test('pieces do not extend the time for the whole', async () => {
  const { running, outcome } = started()
  const rejected = assert.rejects(outcome, {
    code: 'model.timeout',
    message: /in time: not complete after 1000 ms/,
  })
  for (let piece = 0; piece < 12; piece += 1) {
    running.heard()
    mock.timers.tick(90)
  }
  await rejected
})

test('what stopped an attempt first is its reason, whatever the provider throws then', async () => {
  const controller = new AbortController()
  const { running, outcome, reject } = started({ signal: controller.signal })
  running.signal.addEventListener('abort', () => reject(new Error('socket closed')))
  controller.abort()
  mock.timers.tick(5000)
  await assert.rejects(outcome, { code: 'cancelled' })
})
