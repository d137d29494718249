import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { openAiChat } from '../providers/openai-chat.ts'
import { type WireServer, wireServer } from '../providers/wire-server.ts'
import { programsOf } from './programs.ts'

const modelsOf = ({ requests }: WireServer): string[] =>
  requests.map(({ body }) => (body as { model: string }).model)

describe('the guide to models', () => {
  const { programs, remove } = programsOf('models.md')
  const servers: WireServer[] = []
  after(async () => {
    remove()
    await Promise.all(servers.map((server) => server.close()))
  })
  const serving = async (...texts: string[]): Promise<WireServer> => {
    const server = await wireServer()
    servers.push(server)
    server.will(...texts.map((text) => openAiChat.whole({ text })))
    return server
  }

  it('has three programs', () => assert.equal(programs.length, 3))

  it('calls a model at home', async () => {
    const server = await serving('Hello, Ada!')
    const said = await programs[0]?.run({ OLLAMA_HOST: new URL(server.url).host })
    assert.equal(said, 'Hello, Ada!\n')
    assert.deepEqual(modelsOf(server), ['llama3.2'])
  })

  it('calls any other server, by roles, with its key and headers, under a money budget', async () => {
    const server = await serving('one', 'two')
    const said = await programs[1]?.run({ HOUSE_URL: `${server.url}/v1`, HOUSE_KEY: 'secret' })
    assert.match(String(said), /^succeeded (one|two)\n$/)
    const { requests } = server
    assert.deepEqual(modelsOf(server).sort(), ['qwen3-32b', 'qwen3-4b'])
    for (const { headers } of requests) {
      assert.equal(headers.authorization, 'Bearer secret')
      assert.equal(headers['x-team'], 'research')
    }
  })

  it('needs no model in tests', async () => {
    assert.equal(await programs[2]?.run(), 'Good morning, Ada. {"goal":"Greet Ada."}\n')
  })
})
