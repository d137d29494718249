import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

type Said = { status?: number; headers?: { [name: string]: string } }

/**
 * A provider that speaks OpenAI's chat completions and answers each request when the test says so.
 */
export const heldProvider = async (t: TestContext) => {
  const open: { prompt: string; response: ServerResponse }[] = []
  const seen: string[] = []
  let most = 0
  let news = () => {}
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const { messages } = JSON.parse(text) as { messages: { content: string }[] }
    const prompt = messages.at(-1)?.content ?? ''
    seen.push(prompt)
    const call = { prompt, response }
    open.push(call)
    response.on('close', () => {
      if (open.includes(call)) open.splice(open.indexOf(call), 1)
    })
    most = Math.max(most, open.length)
    news()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close().closeAllConnections())
  const answerOne = ({ status = 200, headers = {} }: Said): void => {
    const call = open.shift()
    if (call === undefined) throw new Error('no request is open')
    call.response.writeHead(status, { 'content-type': 'application/json', ...headers })
    const completion = {
      id: '1',
      object: 'chat.completion',
      created: 1,
      model: 'm',
      choices: [
        { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: `to ${call.prompt}` } },
      ],
      usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
    }
    call.response.end(JSON.stringify(status === 200 ? completion : { error: { message: 'slow down' } }))
  }
  return {
    /** For `OPENAI_BASE_URL`. */
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    /** What was asked, in order of arrival. */
    seen,
    /** The most requests that were open at once. */
    most: () => most,
    /** Resolves when so many requests have arrived. */
    async arrived(count: number) {
      while (seen.length < count)
        await new Promise<void>((resolve) => {
          news = resolve
        })
    },
    /** Answers the request that came first of those that are open. */
    answer: (said: Said = {}) => answerOne(said),
  }
}
