import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { openAiChat } from '../providers/openai-chat.ts'
import { type WireServer, wireServer } from '../providers/wire-server.ts'
import { programsOf } from './programs.ts'

describe('the guide to models and tools of the AI SDK', () => {
  const { programs, remove } = programsOf('ai-sdk.md')
  let server: WireServer
  before(async () => {
    server = await wireServer()
  })
  after(async () => {
    remove()
    await server.close()
  })

  it('calls the tool and answers, within its budget', async () => {
    assert.equal(programs.length, 1)
    server.will(
      openAiChat.whole({ calls: [{ id: 'c', name: 'weather', arguments: '{"city":"Rome"}' }] }),
      openAiChat.whole({ text: 'It is 21 degrees in Rome.' }),
    )
    const said = await programs[0]?.run({ HOUSE_URL: `${server.url}/v1` })
    assert.equal(said, 'It is 21 degrees in Rome. 32\n')
    assert.match(JSON.stringify(server.requests[1]?.body), /celsius/)
  })
})
