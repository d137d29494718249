import type { EmbeddingModelV4, LanguageModelV4, SharedV4ProviderOptions } from '@ai-sdk/provider'
import { ConcordError } from '../domain/errors.ts'
import { secretsOfHeaders, shownUrl } from '../domain/secrets.ts'
import { exactIntegers } from './exact-integers.ts'
import type { FailureContext } from './failure.ts'
import { lenientChat } from './lenient-chat.ts'
import { patientFetch } from './patient-fetch.ts'
import type { ProviderConfig, ProviderKind, StructuredOutput } from './provider-config.ts'

/** What resolving needs, whatever is resolved. */
export type ProviderOptions = {
  /** By name; a built-in name (`openai`, `anthropic`, `google`, `ollama`, `vllm`, `lmstudio`) is overridden. */
  providers?: { [name: string]: ProviderConfig }
  /** Where keys and base URLs are looked up; default `process.env`. */
  env?: { [name: string]: string | undefined }
  fetch?: typeof globalThis.fetch
  /** For one attempt, where the provider's own setting does not say; default 300,000. */
  timeoutMs?: number
  /** Between two pieces of a stream, likewise; default 120,000. */
  silenceMs?: number
}

type Provider = {
  language(model: string): LanguageModelV4
  embedding(model: string): EmbeddingModelV4
  providerOptions?: SharedV4ProviderOptions
}

type Settings = {
  name: string
  baseUrl: string
  apiKey: string
  headers: { [name: string]: string }
  fetch: typeof globalThis.fetch
  responses: boolean
}

type Kind = { package: string; baseUrl: string; load(settings: Settings): Promise<Provider> }

const kinds: { [kind in ProviderKind]: Kind } = {
  openai: {
    package: '@ai-sdk/openai',
    baseUrl: 'https://api.openai.com/v1',
    load: async ({ baseUrl, responses, ...settings }) => {
      const { createOpenAI } = await import('@ai-sdk/openai')
      const provider = createOpenAI({ ...settings, name: 'openai', baseURL: baseUrl })
      return {
        language: (model) => (responses ? provider.responses(model) : provider.chat(model)),
        embedding: (model) => provider.embeddingModel(model),
        // The responses API keeps every conversation for 30 days unless told not to.
        ...(responses ? { providerOptions: { openai: { store: false } } } : {}),
      }
    },
  },
  anthropic: {
    package: '@ai-sdk/anthropic',
    baseUrl: 'https://api.anthropic.com/v1',
    load: async ({ baseUrl, apiKey, headers, fetch }) => {
      const { createAnthropic } = await import('@ai-sdk/anthropic')
      const provider = createAnthropic({ baseURL: baseUrl, apiKey, headers, fetch })
      return {
        language: (model) => provider.messages(model),
        embedding: (model) => provider.embeddingModel(model),
      }
    },
  },
  google: {
    package: '@ai-sdk/google',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    load: async ({ baseUrl, apiKey, headers, fetch }) => {
      const { createGoogle } = await import('@ai-sdk/google')
      const provider = createGoogle({ baseURL: baseUrl, apiKey, headers, fetch })
      return {
        language: (model) => provider.languageModel(model),
        embedding: (model) => provider.embeddingModel(model),
      }
    },
  },
  'openai-compatible': {
    package: '@ai-sdk/openai-compatible',
    baseUrl: '',
    load: async ({ name, baseUrl, apiKey, headers, fetch }) => {
      const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible')
      const provider = createOpenAICompatible({
        name,
        baseURL: baseUrl,
        ...(apiKey === '' ? {} : { apiKey }),
        headers,
        fetch,
        includeUsage: true,
        supportsStructuredOutputs: true,
      })
      return {
        language: (model) => provider.chatModel(model),
        embedding: (model) => provider.embeddingModel(model),
      }
    },
  },
}

type Known = ProviderConfig & { kind: ProviderKind }

type BuiltIn = Known & {
  baseUrlEnv: string
  /** A variable of the server itself, which holds its address without a version path. */
  hostEnv?: string
}

const builtIn: { [name: string]: BuiltIn } = {
  openai: { kind: 'openai', apiKeyEnv: 'OPENAI_API_KEY', baseUrlEnv: 'OPENAI_BASE_URL' },
  anthropic: { kind: 'anthropic', apiKeyEnv: 'ANTHROPIC_API_KEY', baseUrlEnv: 'ANTHROPIC_BASE_URL' },
  google: {
    kind: 'google',
    apiKeyEnv: 'GOOGLE_GENERATIVE_AI_API_KEY',
    baseUrlEnv: 'GOOGLE_GENERATIVE_AI_BASE_URL',
  },
  ollama: {
    kind: 'openai-compatible',
    baseUrl: 'http://127.0.0.1:11434/v1',
    baseUrlEnv: 'OLLAMA_BASE_URL',
    hostEnv: 'OLLAMA_HOST',
  },
  vllm: { kind: 'openai-compatible', baseUrl: 'http://127.0.0.1:8000/v1', baseUrlEnv: 'VLLM_BASE_URL' },
  lmstudio: {
    kind: 'openai-compatible',
    baseUrl: 'http://127.0.0.1:1234/v1',
    baseUrlEnv: 'LMSTUDIO_BASE_URL',
  },
}

const isLoopback = (url: string): boolean => {
  const host = URL.canParse(url) ? new URL(url).hostname : ''
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

/** `provider/model`, where the model's own name may contain slashes. */
const split = (id: string, known: string[]): { name: string; model: string } => {
  const slash = id.indexOf('/')
  if (slash > 0 && slash < id.length - 1) return { name: id.slice(0, slash), model: id.slice(slash + 1) }
  throw new ConcordError(
    'model.unconfigured',
    `Cannot resolve the model ${JSON.stringify(id)} as a model is named provider/model: no provider; write for example ${known[0]}/${id || 'name'} (known providers: ${known.join(', ')})`,
    { details: { model: id } },
  )
}

const configOf = (
  id: string,
  name: string,
  options: ProviderOptions,
): Known & Partial<Pick<BuiltIn, 'baseUrlEnv' | 'hostEnv'>> => {
  const own = Object.hasOwn(options.providers ?? {}, name) ? options.providers?.[name] : undefined
  const preset = Object.hasOwn(builtIn, name) ? builtIn[name] : undefined
  // A preset's key goes only to the kind of service it belongs to.
  if (own !== undefined) {
    const { kind = preset?.kind } = own
    if (kind !== undefined) return preset?.kind === kind ? { ...preset, ...own, kind } : { ...own, kind }
    throw new ConcordError(
      'model.unconfigured',
      `Cannot resolve the model ${id} as provider ${name} needs a kind: none is set; set kind of ${name} in the config's providers to one of ${Object.keys(kinds).join(', ')}`,
      { details: { model: id } },
    )
  }
  if (preset !== undefined) return preset
  const known = [...new Set([...Object.keys(options.providers ?? {}), ...Object.keys(builtIn)])]
  throw new ConcordError(
    'model.unconfigured',
    `Cannot resolve the model ${id} as its provider must be known: ${name}; use one of ${known.join(', ')}, or add ${name} with its base URL to the config's providers`,
    { details: { model: id, known } },
  )
}

const keyOf = (
  id: string,
  name: string,
  config: Known,
  baseUrl: string,
  env: NonNullable<ProviderOptions['env']>,
) => {
  const apiKeyEnv = config.apiKeyEnv ?? `${name.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}_API_KEY`
  const found = config.apiKey?.trim() || env[apiKeyEnv]?.trim()
  if (found) return { apiKeyEnv, apiKey: found }
  // Servers on this machine ask for none; the hosted SDKs insist on some text.
  const optional = config.kind === 'openai-compatible' && config.apiKeyEnv === undefined
  if (optional || isLoopback(baseUrl))
    return { apiKeyEnv, apiKey: config.kind === 'openai-compatible' ? '' : 'none' }
  throw new ConcordError(
    'model.key-missing',
    `Cannot use ${id} as its provider needs a key: ${apiKeyEnv} is not set${env === process.env ? '' : ' in the env given'}; set ${apiKeyEnv}, or name another variable as apiKeyEnv of provider ${name}`,
    { details: { model: id, variable: apiKeyEnv } },
  )
}

const baseUrlOf = (id: string, name: string, url: string): string => {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url.replace(/\/+$/, '')
  throw new ConcordError(
    'model.unconfigured',
    `Cannot resolve the model ${id} as provider ${name} needs an http(s) base URL: ${url === '' ? 'none' : 'not a URL'}; set baseUrl of ${name}, such as http://127.0.0.1:8000/v1`,
    { details: { model: id } },
  )
}

/**
 * `OLLAMA_HOST` is `host`, `host:port` or a URL, and is also where the server itself listens: 0.0.0.0 is no address to call.
 * https://docs.ollama.com/faq
 */
const hostUrl = (host: string): string => {
  const [, scheme = 'http', rest = ''] = /^(?:(https?):\/\/)?(.*?)\/*$/.exec(host) ?? []
  const at = rest.replace(/^(0\.0\.0\.0|\[::\])?(?=:|\/|$)/, '127.0.0.1')
  const port = /:\d+(?:\/|$)/.test(at) || host.includes('://') ? '' : ':11434'
  return `${scheme}://${at}${port}/v1`
}

const baseUrlIn = (
  env: NonNullable<ProviderOptions['env']>,
  { baseUrlEnv, hostEnv }: Partial<Pick<BuiltIn, 'baseUrlEnv' | 'hostEnv'>>,
): string | undefined => {
  const url = baseUrlEnv === undefined ? undefined : env[baseUrlEnv]?.trim()
  const host = hostEnv === undefined ? undefined : env[hostEnv]?.trim()
  return url || (host ? hostUrl(host) : undefined)
}

const loaded = async (id: string, kind: Kind, settings: Settings): Promise<Provider> => {
  try {
    return await kind.load(settings)
  } catch (cause) {
    const missing =
      cause instanceof Error &&
      'code' in cause &&
      (cause.code === 'ERR_MODULE_NOT_FOUND' || cause.code === 'MODULE_NOT_FOUND') &&
      cause.message.includes(kind.package)
    if (!missing) throw cause
    throw new ConcordError(
      'package.missing',
      `Cannot use ${id} as the package ${kind.package} is needed: not installed; run: npm install ${kind.package}`,
      { details: { package: kind.package }, cause },
    )
  }
}

/** A provider's package, loaded on first use, set up with its key and base URL. */
export type ResolvedProvider = Provider & {
  model: string
  structuredOutput: StructuredOutput
  timeoutMs: number | undefined
  silenceMs: number | undefined
  context: Omit<FailureContext, 'id'>
}

const isPage = ({ ok, headers }: Response): boolean =>
  ok && (headers.get('content-type') ?? '').trim().toLowerCase().startsWith('text/html')

/** Trying again would find the same page. */
const noModelThere = (id: string, baseUrl: string, setting: string): ConcordError =>
  new ConcordError(
    'model.rejected',
    `Cannot call ${id} as a model must answer there: ${shownUrl(baseUrl)} answers with a web page; set the base URL in ${setting} to the address of the API, which often ends in /v1`,
    { details: { model: id } },
  )

/**
 * Finds who serves `provider/model`. Nothing is sent. Throws ConcordError `model.unconfigured`, `model.key-missing` or
 * `package.missing`.
 */
export const resolveProvider = async (id: string, options: ProviderOptions): Promise<ResolvedProvider> => {
  const env = options.env ?? process.env
  const known = [...Object.keys(options.providers ?? {}), ...Object.keys(builtIn)]
  const { name, model } = split(id, known)
  const config = configOf(id, name, options)
  const kind = kinds[config.kind]
  const ownUrl = options.providers?.[name]?.baseUrl ?? baseUrlIn(env, config)
  const baseUrl = baseUrlOf(id, name, ownUrl ?? config.baseUrl ?? kind.baseUrl)
  const { apiKey, apiKeyEnv } = keyOf(id, name, config, baseUrl, env)
  const timeoutMs = config.timeoutMs ?? options.timeoutMs
  const fetching = options.fetch ?? ((timeoutMs ?? 0) > 300_000 ? patientFetch : globalThis.fetch)
  const exact = exactIntegers(fetching)
  const isOwn = baseUrl === kind.baseUrl
  const responses = (config.api ?? (isOwn ? 'responses' : 'chat')) === 'responses'
  const isChat = config.kind === 'openai-compatible' || (config.kind === 'openai' && !responses)
  const send = isChat && !isOwn ? lenientChat(exact) : exact
  const baseUrlSetting = [config.baseUrlEnv, `providers.${name}.baseUrl`].filter(Boolean).join(' or ')
  const headers = config.headers ?? {}
  const provider = await loaded(id, kind, {
    name,
    baseUrl,
    apiKey,
    headers,
    // A redirect would carry the key and the conversation to an address nobody configured.
    fetch: async (input, init) => {
      const response = await send(input, { ...init, redirect: 'manual' })
      if (isPage(response)) {
        await response.body?.cancel()
        throw noModelThere(id, baseUrl, baseUrlSetting)
      }
      return response
    },
    responses,
  })
  const secrets = [apiKey === 'none' ? '' : apiKey, ...Object.values(headers)].filter(
    (secret) => secret !== '',
  )
  const structuredOutput =
    config.structuredOutput ?? (isOwn || !config.kind.startsWith('openai') ? 'always' : 'without-tools')
  const limits = { timeoutMs, silenceMs: config.silenceMs ?? options.silenceMs }
  return {
    ...provider,
    ...limits,
    model,
    structuredOutput,
    context: { baseUrl, baseUrlSetting, apiKeyEnv, secrets, keys: [apiKey, ...secretsOfHeaders(headers)] },
  }
}
