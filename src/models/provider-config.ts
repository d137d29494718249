// Of the public configuration: no type of a provider's package may be needed to read it.

/**
 * When a server is sent an answer's schema as `response_format`. Servers that turn it into a grammar (Ollama, vLLM,
 * llama.cpp) leave no room for a tool call then, and Groq refuses both together: these are sent it `without-tools` only.
 */
export type StructuredOutput = 'always' | 'without-tools' | 'never'

export type ProviderKind = 'openai' | 'anthropic' | 'google' | 'openai-compatible'

export type ProviderConfig = {
  /** May be left out for a provider that is built in, and where only limits are set. */
  kind?: ProviderKind
  /** With its version path, such as `http://127.0.0.1:8000/v1`. */
  baseUrl?: string
  apiKey?: string
  /** The environment variable that holds the key. */
  apiKeyEnv?: string
  /** Which of OpenAI's wire formats; default `responses` at OpenAI itself, `chat` at any other base URL. */
  api?: 'chat' | 'responses'
  headers?: { [name: string]: string }
  /**
   * When an answer's JSON Schema is sent as `response_format`: `always` at OpenAI, Anthropic and Google; `without-tools`
   * elsewhere, where it would keep the model from calling tools; `never` where the server refuses it.
   */
  structuredOutput?: StructuredOutput
  /** For one attempt, from sending to the last byte. Default 300,000. */
  timeoutMs?: number
  /** Between two pieces of a stream. Default 120,000. */
  silenceMs?: number
  /** Model calls of this process under way at once; more wait for their turn. Default: no limit. */
  callsMax?: number
  /**
   * Model calls that this process sends within any 60 seconds; more wait for their turn. Default:
   * no limit.
   */
  callsPerMinuteMax?: number
}
