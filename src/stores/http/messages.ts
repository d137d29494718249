export type ServerMessage = { event: string; data: string; id?: string }

const readBlock = (block: string): ServerMessage => {
  const message: ServerMessage = { event: '', data: '' }
  for (const line of block.split('\n')) {
    if (line.startsWith('event: ')) message.event = line.slice(7)
    else if (line.startsWith('data: ')) message.data += line.slice(6)
    else if (line.startsWith('id: ')) message.id = line.slice(4)
  }
  return message
}

/** Messages of `text/event-stream` (WHATWG HTML, section 9.2) as this server writes them; read no faster than they are asked for. */
export async function* messagesOf(response: Response): AsyncGenerator<ServerMessage> {
  if (response.body === null) return
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let parts: string[] = []
  try {
    for (;;) {
      const { done, value } = await reader.read()
      // What came of a message that did not end is not one.
      if (done) return
      // The end of a message may lie across two chunks.
      const across = value.startsWith('\n') && parts.at(-1)?.endsWith('\n') === true
      if (across) {
        yield readBlock(parts.join('').slice(0, -1))
        parts = []
      }
      const rest = across ? value.slice(1) : value
      let from = 0
      for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n', from)) {
        yield readBlock(parts.join('') + rest.slice(from, end))
        parts = []
        from = end + 2
      }
      if (from < rest.length) parts.push(rest.slice(from))
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}
