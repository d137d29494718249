import { ConcordError, isConcordError } from './errors.ts'
import type { Json, JsonObject } from './json.ts'
import { putMember } from './json.ts'

/*
 * What comes back from outside may repeat what was sent: error pages echo headers, proxies log them.
 * Everything that was sent as a secret is hidden here before it is kept or told: as it is, in the
 * encodings that echo it by accident, and in parts. Whoever wants to hide a secret in an answer can;
 * it already has it.
 */

export type Redactor = {
  /** Error pages and messages: also hides whatever looks like a token. */
  text(text: string): string
  /** Answers: hides only what was sent, so that nothing else changes. */
  data(text: string): string
  /** Every string and name in an answer; the value itself where nothing is hidden. */
  json(value: Json): Json
  /** An error with nothing of them in its message and details, and without its cause. */
  error(error: unknown): unknown
}

const hidden = '***'
/** A shorter part of a secret is a coincidence. */
const partChars = 12
const secretCharsMin = 4
/** Parts are looked for in what is short enough to be told or logged. */
const partsCharsMax = 256 * 1024

const tokenPatterns =
  /\b(?:sk|pk|gsk|xai|hf)[-_][\w-]{12,}|\bAIza[\w-]{20,}|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[a-z]_\w{20,}|\bgithub_pat_\w{20,}|\bxox[a-z]-[\w-]{10,}|\b(?:Bearer|Basic)\s+\S+|\bv1\.[\w-]{16,}(?:\.[\w-]+)?|\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/gi

const binaryOf = (text: string): string => String.fromCharCode(...new TextEncoder().encode(text))

/** The characters of a secret that stand in the base64 of any text around it, at each alignment. */
const base64Parts = (secret: string): string[] => {
  const bytes = binaryOf(secret)
  return [0, 1, 2].flatMap((before) => {
    const whole = btoa('\0'.repeat(before) + bytes)
    const from = Math.ceil((before * 8) / 6)
    const to = Math.floor(((before + bytes.length) * 8) / 6)
    const part = whole.slice(from, to)
    return [part, part.replaceAll('+', '-').replaceAll('/', '_')]
  })
}

const entities: { [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const encodings = (secret: string): string[] => {
  const url = encodeURIComponent(secret.toWellFormed())
  const form = new URLSearchParams({ '': secret }).toString().slice(1)
  const json = JSON.stringify(secret).slice(1, -1)
  const hex = Array.from(binaryOf(secret), (byte) => byte.charCodeAt(0).toString(16).padStart(2, '0')).join(
    '',
  )
  return [
    url,
    url.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    form,
    form.replaceAll('+', '%20'),
    json,
    json.replaceAll('/', '\\/'),
    secret.replace(/[&<>"']/g, (character) => entities[character] ?? character),
    ...(secret.length < 8 ? [] : [...base64Parts(secret), hex, hex.toUpperCase()]),
  ]
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')

const anyCase = (hex: string): string =>
  hex.replace(/[a-f]/gi, (digit) => `[${digit.toLowerCase()}${digit.toUpperCase()}]`)

/** One character as it is, and as servers escape it in JSON, HTML and (once or twice) URLs. */
const anyEscape = (character: string): string => {
  if (/[A-Za-z0-9]/.test(character)) return character
  const units = Array.from({ length: character.length }, (_, at) =>
    character.charCodeAt(at).toString(16).padStart(4, '0'),
  )
  const bytes = Array.from(binaryOf(character), (byte) => byte.charCodeAt(0).toString(16).padStart(2, '0'))
  const code = character.codePointAt(0) ?? 0
  const named = entities[character]
  return `(?:${[
    ...(named === undefined ? [] : [named]),
    ...(character === '\\' ? ['\\\\\\\\'] : []),
    `(?<!\\\\)\\\\${escaped(character)}`,
    escaped(character),
    units.map((unit) => `\\\\{1,4}u${anyCase(unit)}`).join(''),
    bytes.map((byte) => `%(?:25){0,2}${anyCase(byte)}`).join(''),
    `&#[xX]0{0,6}${anyCase(code.toString(16))};`,
    `&#0{0,6}${code};`,
  ].join('|')})`
}

/** Each character may be escaped or not: which ones are depends on who writes. */
const anyEscapes = (secret: string): string => Array.from(secret.toWellFormed(), anyEscape).join('')

/** A short secret may be part of a word that is none: it is hidden where it stands alone. */
const alone = (pattern: string): string => `(?<![A-Za-z0-9])${pattern}(?![A-Za-z0-9])`

const partsOf = (forms: readonly string[]): Set<string> => {
  const parts = new Set<string>()
  for (const form of forms)
    for (let i = 0; i + partChars <= form.length; i++) parts.add(form.slice(i, i + partChars))
  return parts
}

const withoutParts = (text: string, parts: ReadonlySet<string>): string => {
  let told = ''
  let from = 0
  for (let i = 0; i + partChars <= text.length; i++) {
    if (!parts.has(text.slice(i, i + partChars))) continue
    let end = i + partChars
    while (end < text.length && parts.has(text.slice(end + 1 - partChars, end + 1))) end++
    told += text.slice(from, i) + hidden
    from = end
    i = end - 1
  }
  return from === 0 ? text : told + text.slice(from)
}

const mapped = (value: Json, hide: (text: string) => string): Json => {
  if (typeof value === 'string') return hide(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => mapped(item, hide))
  const copy: JsonObject = {}
  for (const [name, member] of Object.entries(value))
    if (member !== undefined) putMember(copy, hide(name), mapped(member, hide))
  return copy
}

/** Hides these secrets; those of fewer than four characters are none. */
export const redactor = (secrets: readonly (string | undefined)[]): Redactor => {
  const known = [...new Set(secrets)].filter(
    (secret) => secret !== undefined && secret.length >= secretCharsMin,
  ) as string[]
  let made: { whole: RegExp; anywhere: RegExp; parts: Set<string> } | undefined
  const forms = () => {
    if (made !== undefined) return made
    // Longer ones first: of two that begin alike the whole is hidden.
    const all = [...new Set(known.flatMap((secret) => [secret, ...encodings(secret)]))]
      .filter((form) => form.length >= secretCharsMin)
      .sort((a, b) => b.length - a.length)
    const patterns = all.map((form) => ({
      short: form.length < partChars,
      text: known.includes(form) ? anyEscapes(form) : escaped(form),
    }))
    made = {
      whole: new RegExp(patterns.map(({ short, text }) => (short ? alone(text) : text)).join('|'), 'g'),
      anywhere: new RegExp(patterns.map(({ text }) => text).join('|'), 'g'),
      parts: partsOf(all),
    }
    return made
  }
  const hide = (text: string, everywhere: boolean): string => {
    if (known.length === 0) return text
    const { whole, anywhere, parts } = forms()
    const told = text.replace(everywhere ? anywhere : whole, hidden)
    return told.length > partsCharsMax ? told : withoutParts(told, parts)
  }
  const data = (text: string) => hide(text, false)
  const json = (value: Json) => (known.length === 0 ? value : mapped(value, data))
  return {
    text: (text) => hide(text, true).replace(tokenPatterns, hidden),
    data,
    json,
    error(error) {
      if (known.length === 0 || !isConcordError(error)) return error
      const details = json(error.details) as ConcordError['details']
      return new ConcordError(error.code, data(error.message), { details })
    },
  }
}

/** `redactor(secrets).text` of one text. */
export const withoutSecrets = (text: string, secrets: readonly (string | undefined)[] = []): string =>
  redactor(secrets).text(text)

/** A URL as it may be shown: no credentials, no query. */
export const shownUrl = (url: string): string => {
  if (!URL.canParse(url)) return 'its URL'
  const { origin, protocol, host, pathname } = new URL(url)
  // Only addresses of the web have an origin.
  const place = host === '' ? protocol : `${protocol}//${host}`
  return `${origin === 'null' ? place : origin}${pathname}`.replace(/\/$/, '')
}

const secretName = /key|token|secret|sig|pass|auth|cookie|credential/i

/** Values of headers that are named like secrets, and the credentials alone of `Bearer …` and the like. */
export const secretsOfHeaders = (headers: { readonly [name: string]: string | undefined }): string[] =>
  Object.entries(headers).flatMap(([name, value]) =>
    value === undefined || !secretName.test(name) ? [] : [value, value.replace(/^\w+\s+/, '')],
  )

/** Values of a URL's query that are named like secrets. */
export const secretsOfUrl = (url: string): string[] =>
  URL.canParse(url)
    ? [...new URL(url).searchParams].flatMap(([name, value]) => (secretName.test(name) ? [value] : []))
    : []
