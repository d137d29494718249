import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { seed } from '../../test/seed.ts'
import { redactor, secretsOfHeaders, shownUrl, withoutSecrets } from './secrets.ts'

const bytes = (text: string) => Buffer.from(text, 'utf8')
const html = (text: string) =>
  text.replace(/[&<>"']/g, (c) => `&${{ '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": '#39' }[c]};`)

const hexOf = (c: string) => c.charCodeAt(0).toString(16).toUpperCase()
const escapeOf = (c: string) => `\\u${hexOf(c).padStart(4, '0')}`

/** Ways in which an answer repeats a header by accident; each gives back what of the secret stands in it. */
const echoes: { [name: string]: (secret: string) => string } = {
  plain: (secret) => `authorization: Bearer ${secret}\n`,
  json: (secret) => JSON.stringify({ headers: { authorization: `Bearer ${secret}` } }),
  url: (secret) => `https://x.example/?next=${encodeURIComponent(`Bearer ${secret}`)}`,
  form: (secret) => new URLSearchParams({ auth: secret }).toString(),
  html: (secret) => `<td>${html(secret)}</td>`,
  base64: (secret) => bytes(`authorization: Bearer ${secret}, more`).toString('base64'),
  'base64 in a URL': (secret) => bytes(JSON.stringify([secret, 1])).toString('base64url'),
  basic: (secret) => `Basic ${bytes(`user:${secret}`).toString('base64')}`,
  hex: (secret) => bytes(`x${secret}`).toString('hex'),
  'url in a url': (secret) => `next=${encodeURIComponent(encodeURIComponent(secret))}`,
  // As serializers that are careful with HTML write JSON, and template engines write HTML.
  'JSON escapes': (secret) => JSON.stringify({ h: secret }).replace(/[+&<>'=/~]/g, escapeOf),
  'JSON in JSON': (secret) => JSON.stringify(JSON.stringify({ h: secret }).replace(/[^\w"{}:]/g, escapeOf)),
  'hex entities': (secret) => secret.replace(/[+/=.~-]/g, (c) => `&#x${hexOf(c)};`),
  'decimal entities': (secret) => secret.replace(/[+/=]/g, (c) => `&#${c.charCodeAt(0)};`),
  'first half': (secret) => `token ${secret.slice(0, Math.ceil(secret.length / 2))}...`,
  'second half': (secret) => `...${secret.slice(Math.floor(secret.length / 2))}`,
}

describe('redactor', () => {
  const secretOf = fc.oneof(
    fc.stringMatching(/^[A-Za-z0-9_~+/.=-]{24,60}$/),
    fc
      .stringMatching(/^(?:[A-Za-z0-9]{1,8}[+/.=~-]){4,8}[A-Za-z0-9]{1,8}$/)
      .filter(({ length }) => length > 23),
  )

  for (const [name, echo] of Object.entries(echoes))
    it(`leaves no part of a secret that is echoed: ${name}`, () => {
      fc.assert(
        fc.property(secretOf, fc.nat(3), (secret, shift) => {
          const text = ' '.repeat(shift) + echo(secret)
          const decoded = (told: string) => [
            told,
            told
              .replace(/\\+u([0-9A-F]{4})|&#x([0-9A-F]+);|%(?:25)*([0-9A-F]{2})/g, (_, ...of: string[]) =>
                String.fromCharCode(Number.parseInt(of.slice(0, 3).find(Boolean) ?? '', 16)),
              )
              .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code))),
            Buffer.from(told, 'base64').toString('latin1'),
            Buffer.from(told.replace(/[^0-9a-f]/g, ''), 'hex').toString('latin1'),
          ]
          const { data, text: error } = redactor([secret])
          for (const told of [data(text), error(text)]) {
            assert.match(told, /\*\*\*/)
            for (const form of decoded(told))
              for (let i = 0; i + 12 <= secret.length; i++)
                assert.ok(!form.includes(secret.slice(i, i + 12)), `${told} of ${text}`)
          }
        }),
        { seed, numRuns: 60 },
      )
    })

  it('changes nothing else: text, structure, names and numbers of an answer without secrets stay', () => {
    fc.assert(
      fc.property(fc.jsonValue(), secretOf, (value, secret) => {
        fc.pre(!JSON.stringify(value).includes(secret.slice(0, 12)))
        assert.deepEqual(redactor([secret, '']).json(value as never), value)
      }),
      { seed },
    )
    assert.equal(redactor(['test']).data('testing a test of tests'), 'testing a *** of tests')
    assert.equal(redactor(['test']).text('testing'), '***ing')
    assert.equal(redactor(['ab', undefined]).data('ab'), 'ab')
  })

  it('hides in names and nested values of JSON, escaped or not', () => {
    const secret = 'tok/en"with\\odd characters'
    const echoed = JSON.parse(JSON.stringify({ a: [{ [secret]: `x${secret}x` }], __proto__: null }))
    assert.deepEqual(redactor([secret]).json(echoed), { a: [{ '***': 'x***x' }] })
  })

  it('hides in errors what looks like a token', () => {
    const tokens = [
      'sk-live-0123456789abcdef',
      'AKIAIOSFODNN7EXAMPLE',
      'ghp_0123456789abcdefghijklmnopqrstuvwxyz',
      'xoxb-1234567890-abcdefghij',
      'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
      `v1.${bytes('{"run":"r","step":"s"}').toString('base64url')}.${'m'.repeat(43)}`,
      'Bearer abcdef',
      'basic dXNlcjpwYXNz',
    ]
    for (const token of tokens)
      assert.equal(withoutSecrets(`it was ${token}!`).startsWith('it was ***'), true, token)
    assert.equal(withoutSecrets('the step risk-analysis failed'), 'the step risk-analysis failed')
  })

  it('knows headers that carry secrets by name, and the credential alone', () => {
    assert.deepEqual(
      secretsOfHeaders({
        Authorization: 'Bearer abc',
        'x-api-key': 'k1',
        accept: 'text/html',
        'concord-token': 't',
      }),
      ['Bearer abc', 'abc', 'k1', 'k1', 't', 't'],
    )
    assert.equal(shownUrl('https://u:p@x.example/run?key=1#a'), 'https://x.example/run')
    assert.equal(shownUrl('program:adder.mjs?key=1'), 'program:adder.mjs')
    assert.equal(shownUrl('queue://u:p@broker:5672/adders?key=1'), 'queue://broker:5672/adders')
  })

  it('is quick with a large answer', () => {
    const text = 'word and more words '.repeat(400_000)
    const start = performance.now()
    redactor(['t'.repeat(600), 'other-secret-value']).data(text)
    assert.ok(performance.now() - start < 5_000)
  })
})
