import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { agent } from '../agent/define.ts'
import type { Json } from '../domain/json.ts'
import { offlineEmbedder } from '../models/offline-embedder.ts'
import { perceptualImageEmbedder } from '../models/perceptual-image.ts'
import type { BeforeStore } from '../policy/before-store.ts'
import { openConcord } from './concord.ts'
import type { ConcordConfig } from './config.ts'

const withConcord = async (
  config: ConcordConfig,
  use: (concord: Awaited<ReturnType<typeof openConcord>>, directory: string) => Promise<void>,
) => {
  const directory = await mkdtemp(join(tmpdir(), 'concord-room-'))
  const concord = await openConcord({ config: { ...config, stores: { ...config.stores, directory } } })
  try {
    await use(concord, directory)
  } finally {
    await concord.close()
    await rm(directory, { recursive: true, force: true })
  }
}

const redact: BeforeStore = (sink, record) =>
  sink === 'knowledge' && 'text' in record && typeof record.text === 'string'
    ? record.text.includes('forbidden')
      ? { denied: 'forbidden words' }
      : { ...record, text: record.text.replaceAll('Smith', '[name]') }
    : record

describe('knowledge in platform', () => {
  it('is a file of its own, made on first use', () =>
    withConcord({ embedder: 'none' }, async (concord, directory) => {
      assert.ok(!(await readdir(directory)).includes('knowledge.db'))
      await concord.knowledge().add({ id: 'a', text: 'whales sing' })
      assert.ok((await readdir(directory)).includes('knowledge.db'))
      assert.equal((await concord.knowledge().search('whale')).length, 1)
      assert.equal((await concord.knowledge('subject/1').search('whale')).length, 0)
    }))

  it('stores only what the policy lets through: text, words and chunks are of what it returned', () =>
    withConcord({ embedder: 'none', beforeStore: redact }, async (concord, directory) => {
      const knowledge = concord.knowledge()
      await knowledge.add({ id: 'a', text: 'Mr Smith likes whales. Smith said so.' })
      const [hit] = await knowledge.search('whales')
      assert.equal(hit?.text, 'Mr [name] likes whales. [name] said so.')
      assert.deepEqual(await knowledge.search('smith'), [])
      await assert.rejects(knowledge.add({ text: 'a forbidden thing' }), { code: 'policy.denied' })
      await concord.close()
      for (const name of (await readdir(directory)).filter((name) => name.startsWith('knowledge')))
        assert.ok(!/smith/i.test((await readFile(join(directory, name))).toString('latin1')), name)
    }))

  it('erases a forgotten subject from the file, words and all', () =>
    withConcord({ embedder: 'none' }, async (concord, directory) => {
      const knowledge = concord.knowledge()
      for (let i = 0; i < 50; i++)
        await knowledge.add({ id: `n${i}`, text: `ordinary note number ${i}`, subject: 'b' })
      await knowledge.add({ id: 'x', title: 'Xylophonist', text: 'zygomorphic quagmires', subject: 'a' })
      assert.equal(await knowledge.forget({ subject: 'a' }), 1)
      await concord.close()
      for (const name of (await readdir(directory)).filter((name) => name.startsWith('knowledge')))
        assert.ok(
          !/xylophon|zygomorph|quagmire/i.test((await readFile(join(directory, name))).toString('latin1')),
          name,
        )
    }))

  it('is there for agents, which note what they read', async () => {
    const reader = agent({
      name: 'reader',
      run: async (_input: Json, context): Promise<Json> =>
        (await context.knowledge.search('whales')).map(({ text }) => text),
    })
    const teams: ConcordConfig['teams'] = {
      zoo: { agents: [reader], plan: () => [{ id: 'read', agent: 'reader', payload: null }] },
    }
    await withConcord({ embedder: 'none', teams }, async (concord) => {
      await concord.knowledge().add({ id: 'a', text: 'whales sing' })
      const run = await concord.run({ text: 'read', team: 'zoo' })
      assert.equal(run.status, 'succeeded')
      const ended = (await concord.events(run.id)).find(
        ({ type, step }) => type === 'step.succeeded' && step === 'read',
      )
      assert.deepEqual(ended?.type === 'step.succeeded' && ended.data.reads, [
        { document: 'a', start: 0, end: 11 },
      ])
    })
  })

  it('embeds in the background what was added, in a thread, and finds it by meaning', async () => {
    await withConcord({}, async (concord) => {
      const knowledge = concord.knowledge()
      await knowledge.add({ id: 'cat', text: 'The cat sleeps on the sofa all day.' })
      await knowledge.add({ id: 'bank', text: 'Interest rates were raised by the central bank.' })
      await knowledge.embed()
      const [hit] = await knowledge.search('a kitten is napping')
      assert.equal(hit?.document.id, 'cat')
      assert.ok(hit!.scores.vector! > 0.4)
    })
  })

  it('leaves the event loop free while it embeds', async () => {
    const embedder = offlineEmbedder()
    let turns = 0
    let going = true
    const count = () => {
      turns++
      if (going) setImmediate(count)
    }
    setImmediate(count)
    const vectors = await embedder.embed(Array.from({ length: 20 }, (_, at) => `A sentence of number ${at}.`))
    going = false
    assert.equal(vectors.length, 20)
    assert.ok(vectors.every((vector) => Math.abs(Math.hypot(...vector) - 1) < 1e-4))
    assert.ok(turns > 1000, `${turns} turns of the event loop meanwhile`)
    const stop = new AbortController()
    const stopped = embedder.embed(['x'], { signal: stop.signal })
    stop.abort(new Error('enough'))
    await assert.rejects(stopped, /enough/)
    const pending = embedder.embed(['y'])
    const closed = assert.rejects(pending, { code: 'model.failed' })
    await embedder.close()
    await closed
  })

  it('knows the image embedder by the id and size it has', async () => {
    const image = { width: 1, height: 1, data: new Uint8Array(4) }
    const [vector] = await perceptualImageEmbedder.embedImages([image])
    assert.deepEqual([vector?.length, perceptualImageEmbedder.dimensions], [223, 223])
    assert.equal(perceptualImageEmbedder.id, 'offline/perceptual-image-1')
  })
})
