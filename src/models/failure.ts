import { ConcordError, isConcordError } from '../domain/errors.ts'
import type { Json } from '../domain/json.ts'
import { shownUrl, withoutSecrets } from '../domain/secrets.ts'
import { cut } from '../domain/text/cut.ts'

/** What an error of a provider is explained with. */
export type FailureContext = {
  /** `provider/model`. */
  id: string
  /** Where requests go; named in network failures. */
  baseUrl?: string
  /** Where that is set, such as `VLLM_BASE_URL or providers.vllm.baseUrl`. */
  baseUrlSetting?: string
  /** The variable the key comes from; named when the provider refuses it. */
  apiKeyEnv?: string
  /** Never shown in errors: keys, tokens and custom header values. */
  secrets?: readonly string[]
  /** Of these, what is hidden in answers too. */
  keys?: readonly string[]
  /** For `Retry-After` dates; milliseconds since the epoch. */
  now?: () => number
}

type Fields = { [key: string]: unknown }

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {}
const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
const messageCharactersMax = 600

const parsed = (text: unknown): Fields => {
  if (typeof text !== 'string') return {}
  try {
    const value: unknown = JSON.parse(text)
    return fieldsOf(Array.isArray(value) ? value[0] : value)
  } catch {
    return {}
  }
}

/**
 * The wait a provider asks for, in milliseconds: `retry-after-ms`, `Retry-After` in seconds or as an HTTP date (RFC 9110,
 * 10.2.3), or `google.rpc.RetryInfo` in the body.
 */
export const retryAfterMs = (headers: Fields, body: Fields, now: number): number | undefined => {
  const exact = Number(textOf(headers['retry-after-ms']))
  if (Number.isFinite(exact) && exact >= 0) return Math.ceil(exact)
  const after = textOf(headers['retry-after'])
  if (after !== undefined) {
    const seconds = Number(after)
    if (Number.isFinite(seconds)) return Math.max(0, Math.ceil(seconds * 1000))
    const date = Date.parse(after)
    if (!Number.isNaN(date)) return Math.max(0, date - now)
  }
  const details = fieldsOf(body.error).details
  for (const detail of Array.isArray(details) ? details : []) {
    const delay = /^(\d+(?:\.\d+)?)s$/.exec(textOf(fieldsOf(detail).retryDelay) ?? '')
    if (delay) return Math.ceil(Number(delay[1]) * 1000)
  }
  return undefined
}

/** The provider's own words: OpenAI and Anthropic put them in `error.message`, others in `message`, `error` or `detail`. */
const providerMessage = (fields: Fields, body: Fields): string => {
  const said =
    textOf(fieldsOf(body.error).message) ??
    textOf(body.message) ??
    textOf(body.error) ??
    textOf(body.detail) ??
    textOf(fields.message) ??
    'no reason given'
  return said
}

/** Hidden before it is cut: half a key is not recognised. */
const told = (fields: Fields, body: Fields, { secrets }: FailureContext): string =>
  cut(withoutSecrets(providerMessage(fields, body), secrets).replace(/\s+/g, ' '), messageCharactersMax)

/** Error types of streams, which carry no status: https://docs.anthropic.com/en/api/errors and OpenAI's error codes. */
const statusOfType: { [type: string]: number } = {
  invalid_request_error: 400,
  authentication_error: 401,
  invalid_api_key: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  model_not_found: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  rate_limit_exceeded: 429,
  insufficient_quota: 429,
  api_error: 500,
  server_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
}

const statusOf = (fields: Fields): number | undefined => {
  if (typeof fields.statusCode === 'number') return fields.statusCode
  for (const key of [fields.code, fields.type]) {
    if (typeof key === 'number' && key >= 400 && key < 600) return key
    if (typeof key === 'string' && key in statusOfType) return statusOfType[key]
  }
  return undefined
}

const networkCodeOf = (error: unknown): string | undefined => {
  let current = error
  for (let depth = 0; depth < 8 && typeof current === 'object' && current !== null; depth += 1) {
    const { code, cause } = fieldsOf(current)
    if (typeof code === 'string' && /^(E[A-Z]{3,}|EAI_[A-Z]+|UND_ERR_\w+)$/.test(code)) return code
    current = cause
  }
  return undefined
}

const quotaIsSpent = (body: Fields, fields: Fields): boolean =>
  [fieldsOf(body.error).code, fieldsOf(body.error).type, fields.code, fields.type].includes(
    'insufficient_quota',
  )

const settingOf = ({ baseUrlSetting }: FailureContext): string =>
  baseUrlSetting === undefined ? 'the base URL' : `the base URL in ${baseUrlSetting}`

const wayOut = (status: number, said: string, context: FailureContext): string => {
  if (status < 400)
    return `set ${settingOf(context)} to where it redirects (now ${shownUrl(context.baseUrl ?? '')})`
  if (status === 401) return `check the key in ${context.apiKeyEnv ?? 'its configuration'}`
  if (status === 402 || status === 429) return 'check the plan and billing of the account'
  if (status === 403) return 'use a key or a model that is allowed'
  if (status === 404)
    return `check the model's name and ${settingOf(context)}${context.baseUrl ? ` (${shownUrl(context.baseUrl)})` : ''}`
  if (/context (?:length|window|size)|max_(?:completion_)?tokens|too many tokens/i.test(said))
    return `send less, or say what the model can take: limits: { '${context.id}': { contextTokensMax, outputTokensMax } } in the config`
  if (status === 413) return 'send less: fewer messages, smaller files'
  return 'change the request or use another model'
}

/** A filter of the provider (OpenAI, Azure) refused the prompt. */
const isFiltered = (body: Fields, fields: Fields): boolean => {
  const error = fieldsOf(body.error)
  return [error.code, error.type, fieldsOf(error.innererror).code, fields.code, fields.type].some(
    (code) => typeof code === 'string' && /content_?filter|content_policy|ResponsibleAIPolicy/i.test(code),
  )
}

const isTransient = (status: number): boolean =>
  status === 408 || status === 409 || status === 425 || status >= 500 || (status >= 200 && status < 300)

/** A gateway's time-out (408, 499) says nothing of what the provider behind it did. */
const isRefusal = (status: number): boolean =>
  status >= 300 && status < 500 && status !== 408 && status !== 499

const fromStatus = (status: number, error: unknown, context: FailureContext): ConcordError => {
  const fields = fieldsOf(error)
  const body = parsed(fields.responseBody)
  const said = told(fields, status < 400 ? {} : body, context)
  const retry = retryAfterMs(fieldsOf(fields.responseHeaders), body, (context.now ?? Date.now)())
  const details: { [key: string]: Json } = { model: context.id, status }
  if (isRefusal(status)) details.processed = false
  if (retry !== undefined) details.retryAfterMs = retry
  const wait = retry === undefined ? 'try again later' : `try again in ${Math.ceil(retry / 1000)} s`
  if (status === 429 && !quotaIsSpent(body, fields))
    return new ConcordError(
      'model.rate-limited',
      `Cannot call ${context.id} as its provider limits the rate: ${said}; ${wait}`,
      { details },
    )
  if (isTransient(status)) {
    const rule =
      status < 300 ? 'the answer must be complete and well-formed' : 'the provider must be able to answer'
    return new ConcordError(
      'model.failed',
      `Cannot call ${context.id} as ${rule}: ${status} ${said}; ${wait}`,
      { details },
    )
  }
  if (isFiltered(body, fields))
    return new ConcordError(
      'model.refused',
      `Cannot call ${context.id} as its provider filtered the request: ${said}; change what is asked, or use another model`,
      { details },
    )
  return new ConcordError(
    'model.rejected',
    `Cannot call ${context.id} as the provider must accept the request: ${status} ${said}; ${wayOut(status, said, context)}`,
    { details },
  )
}

/** The connection was never made, so nothing was sent. */
const unconnected: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
])

const fromNetwork = (code: string, error: unknown, context: FailureContext): ConcordError => {
  const where = context.baseUrl === undefined ? 'its provider' : shownUrl(context.baseUrl)
  const details: { [key: string]: Json } = { model: context.id, network: code }
  if (unconnected.has(code)) details.processed = false
  if (/TIMEOUT|ETIMEDOUT/.test(code))
    return new ConcordError(
      'model.timeout',
      `Cannot call ${context.id} as ${where} must answer in time: ${code}; try again, or allow more time`,
      { details },
    )
  const said = told(fieldsOf(error), {}, context)
  const hint = /^E(CONNREFUSED|NOTFOUND|AI_AGAIN)$/.test(code)
    ? `start the server, or correct ${settingOf(context)}`
    : 'try again'
  return new ConcordError(
    'model.failed',
    `Cannot call ${context.id} as the connection to ${where} must hold: ${code} ${said}; ${hint}`,
    { details },
  )
}

/** Errors the SDK raises before anything is sent: the request, not the network, is at fault. */
const refusedBySdk = new Set([
  'AI_UnsupportedFunctionalityError',
  'AI_InvalidPromptError',
  'AI_InvalidArgumentError',
  'AI_NoSuchModelError',
  'AI_TooManyEmbeddingValuesForCallError',
])

/**
 * Any error of a provider as one of the codes of `ports/model.ts`. The original is not kept as `cause`: it holds the whole
 * request, and whatever the server echoed.
 */
export const toModelFailure = (error: unknown, context: FailureContext): ConcordError => {
  if (isConcordError(error)) return error
  const fields = fieldsOf(error)
  const network = networkCodeOf(error)
  const status = statusOf(fields)
  if (network !== undefined) return fromNetwork(network, error, context)
  if (status !== undefined) return fromStatus(status, error, context)
  const details = { model: context.id }
  const said = told(fields, {}, context)
  if (fields.name === 'AI_LoadAPIKeyError')
    return new ConcordError(
      'model.key-missing',
      `Cannot call ${context.id} as its key must be set: ${said}; set it`,
      { details },
    )
  if (typeof fields.name === 'string' && refusedBySdk.has(fields.name))
    return new ConcordError(
      'model.rejected',
      `Cannot call ${context.id} as the model must support the request: ${said}; change the request or use another model`,
      { details },
    )
  return new ConcordError(
    'model.failed',
    `Cannot call ${context.id} as the answer must be complete and well-formed: ${said}; try again`,
    { details },
  )
}
