/** One line of a stream of events; some servers end lines with a carriage return too. */
const lineWith =
  (fix: (json: string) => string) =>
  (line: string): string => {
    const [, head = '', data] = /^(data:\s*)([{[][\s\S]*)$/.exec(line) ?? []
    return data === undefined ? line : head + fix(data)
  }

/** Lines may come in pieces: what is not complete waits for its rest. */
const lines = (fixedLine: (line: string) => string) => {
  let rest = ''
  return new TransformStream<string, string>({
    transform(text, controller) {
      const found = (rest + text).split('\n')
      rest = found.pop() ?? ''
      for (const line of found) controller.enqueue(`${fixedLine(line)}\n`)
    },
    flush(controller) {
      if (rest !== '') controller.enqueue(fixedLine(rest))
    },
  })
}

/** A fetch whose answers of JSON, whole or as a stream of events, are put into another form before anybody reads them. */
export const rewriting =
  (send: typeof globalThis.fetch, fix: (json: string) => string): typeof globalThis.fetch =>
  async (input, init) => {
    const response = await send(input, init)
    const { body, status, statusText } = response
    if (!response.ok || body === null) return response
    const headers = new Headers(response.headers)
    // What is sent on has another length, and is no longer compressed.
    for (const name of ['content-length', 'content-encoding']) headers.delete(name)
    const kind = headers.get('content-type') ?? ''
    if (kind.includes('event-stream')) {
      const streamed = body
        .pipeThrough(new TextDecoderStream())
        .pipeThrough(lines(lineWith(fix)))
        .pipeThrough(new TextEncoderStream())
      return new Response(streamed, { status, statusText, headers })
    }
    if (!kind.includes('json')) return response
    return new Response(fix(await response.text()), { status, statusText, headers })
  }
