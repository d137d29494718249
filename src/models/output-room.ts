/*
 * What a server said when `max_tokens` was more than it can write. OpenAI: "max_tokens is too large: 8192. This model supports
 * at most 4096 completion tokens"; vLLM: "maximum context length is 4096 tokens and your request has 12 input tokens", older
 * "you requested 8200 tokens (8 in the messages, 8192 in the completion)"; Anthropic: "max_tokens: 8192 > 4096"; Groq:
 * "`max_tokens` must be less than or equal to `1024`".
 */

export type OutputRoom = { outputTokensMax: number; contextTokensMax?: number }

const count = (text: string | undefined): number | undefined => {
  const number = Number(text?.replaceAll(/[,_]/g, ''))
  return text !== undefined && Number.isSafeInteger(number) && number > 0 ? number : undefined
}

const first = (message: string, ...patterns: RegExp[]): number | undefined => {
  for (const pattern of patterns) {
    const found = count(pattern.exec(message)?.[1])
    if (found !== undefined) return found
  }
  return undefined
}

/** How much may be written after all, by a server's own message; undefined when it is about something else. */
export const outputRoomIn = (message: string): OutputRoom | undefined => {
  const contextTokensMax = first(message, /(?:context length|context window)\D{0,20}?([\d,_]+)/i)
  const input = first(message, /has ([\d,_]+) input tokens/i, /\(?([\d,_]+) in the (?:messages|prompt)/i)
  if (contextTokensMax !== undefined && input !== undefined)
    return input < contextTokensMax
      ? { outputTokensMax: contextTokensMax - input, contextTokensMax }
      : undefined
  if (!/max_(?:completion_|output_)?tokens/.test(message)) return undefined
  const outputTokensMax = first(
    message,
    /at most ([\d,_]+) completion tokens/i,
    /\d+ > ([\d,_]+)/,
    /less than or equal to `?([\d,_]+)/i,
  )
  return outputTokensMax === undefined ? undefined : { outputTokensMax }
}
