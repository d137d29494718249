import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, it, type TestContext } from 'node:test'

const library = new URL('../../src/index.ts', import.meta.url).href

/** A program that opens Concord and closes nothing: what it prints, and its exit code. */
const program = async (
  t: TestContext,
  lines: string,
  options = '',
  stores = `{ directory: '.concord' }`,
): Promise<[string, number | null]> => {
  const folder = await mkdtemp(join(tmpdir(), 'concord-script-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'main.ts')
  await writeFile(
    file,
    `import { agent, openConcord, team } from '${library}'
    const napper = agent({ name: 'napper', run: async (_, ctx) => { await ctx.sleep(2500); return 'rested' } })
    const asker = agent({ name: 'asker', run: (_, ctx) => ctx.approve('Go?') })
    const teams = { naps: team({ agents: [napper] }), asks: team({ agents: [asker] }) }
    const concord = await openConcord({ ${options} config: { stores: ${stores}, teams } })
    ${lines}`,
  )
  const child = spawn(process.execPath, [file], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  t.after(() => child.kill('SIGKILL'))
  const [out, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  return [out + errors, code]
}

describe('a script that closes nothing', { concurrency: 3 }, () => {
  for (const options of ['', 'keep: true,'])
    it(`prints the result of a run that waits for its time, and ends (${options || 'no options'})`, async (t) => {
      const waits = `console.log(await concord.result({ text: 'x', team: 'naps' }))`
      assert.deepEqual(await program(t, waits, options), ['rested\n', 0])
    })

  it('waits for a person who decides later, though it keeps the runs of the store', async (t) => {
    const decides = `
      const run = await concord.start({ text: 'x', team: 'asks' })
      const { waits: [wait] } = await run.settled()
      setTimeout(() => run.approve(wait.hash), 1500).unref()
      console.log(await run.result())`
    assert.deepEqual(await program(t, decides, 'keep: true,'), ['true\n', 0])
  })

  for (const reads of ['run.stream()', 'run.events()', 'concord.follow(run.id)'])
    it(`reads ${reads} to the end of a run that waits for a person, and ends`, async (t) => {
      const decides = `
        const run = await concord.start({ text: 'x', team: 'asks' })
        let last
        for await (const { type } of ${reads}) {
          last = type
          if (type === 'run.waiting') setTimeout(async () => run.approve((await run.waits())[0].wait.hash), 1500).unref()
        }
        console.log(last)`
      assert.deepEqual(await program(t, decides), ['run.succeeded\n', 0])
    })

  for (const [reads, writes] of [
    ["state.watch('*')", "state.set('k', 'heard')"],
    ["state.subscribe('news')", "state.publish('news', 'heard')"],
  ])
    it(`reads ${reads} for as long as it asks for more, and ends`, async (t) => {
      const watches = `
        const state = concord.state('team/x')
        setTimeout(() => ${writes}, 1200).unref()
        for await (const { value, message } of ${reads}) {
          console.log(value ?? message)
          break
        }`
      for (const stores of [undefined, `{ kind: 'memory' }`])
        assert.deepEqual(await program(t, watches, '', stores), ['heard\n', 0])
    })
})
