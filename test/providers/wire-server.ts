import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the server does with one request. */
export type Reply = {
  status?: number
  headers?: { [name: string]: string }
  /** Sent as JSON with its length. */
  json?: unknown
  /** Sent as it is. */
  raw?: string
  /** Server-sent events, one frame an entry, already encoded. */
  sse?: readonly string[]
  /** After what is above: stay silent with the connection open, or destroy it. Silent before the headers if nothing is above. */
  ending?: 'hang' | 'reset'
}

export type SeenRequest = {
  method: string
  path: string
  headers: IncomingMessage['headers']
  /** Of the shape the provider's schema gives it. */
  body: unknown
}

export type WireServer = {
  readonly url: string
  readonly requests: SeenRequest[]
  /** Connections accepted so far. */
  connections(): number
  /** The replies to come, in order; a request past the last is answered 500 and fails the test by it. */
  will(...replies: Reply[]): void
  /** Resolves when a client closes a connection whose answer was not complete. */
  abandoned(): Promise<void>
  /** Resolves when the next request has been read. */
  requested(): Promise<void>
  close(): Promise<void>
}

const readBody = async (request: IncomingMessage): Promise<unknown> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  return text === '' ? undefined : JSON.parse(text)
}

const send = (response: ServerResponse, reply: Reply): void => {
  const { status = 200, headers = {}, json, raw, sse, ending } = reply
  const nothing = json === undefined && raw === undefined && sse === undefined
  if (ending === 'reset' && nothing) return void response.destroy()
  if (ending === 'hang' && nothing) return
  const type = sse === undefined ? 'application/json' : 'text/event-stream; charset=utf-8'
  response.writeHead(status, { 'content-type': type, ...headers })
  const whole = sse?.join('') ?? raw ?? JSON.stringify(json)
  if (ending === undefined) return void response.end(whole)
  response.write(whole, () => {
    if (ending === 'reset') response.destroy()
  })
}

/** A server on 127.0.0.1 that answers as told and keeps what it received. */
export const wireServer = async (): Promise<WireServer> => {
  const replies: Reply[] = []
  const requests: SeenRequest[] = []
  const waiting: { requested: (() => void)[]; abandoned: (() => void)[] } = { requested: [], abandoned: [] }
  const ring = (bells: (() => void)[]) => {
    for (const bell of bells.splice(0)) bell()
  }
  let connections = 0
  const server = createServer(async (request, response) => {
    response.on('close', () => {
      if (!response.writableFinished) ring(waiting.abandoned)
    })
    const body = await readBody(request).catch(() => undefined)
    requests.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, body })
    ring(waiting.requested)
    send(
      response,
      replies.shift() ?? { status: 500, json: { error: { message: 'the test has no reply left' } } },
    )
  })
  server.on('connection', () => {
    connections += 1
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    connections: () => connections,
    will: (...more) => void replies.push(...more),
    abandoned: () => new Promise((resolve) => waiting.abandoned.push(resolve)),
    requested: () => new Promise((resolve) => waiting.requested.push(resolve)),
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
