import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { createGzip, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { call, testContext } from './fixtures/context.ts'
import { classOfAddress } from './http/address.ts'
import type { Resolve } from './http/guard.ts'
import { httpTool } from './http.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => void

const serve = async (t: TestContext, handler: Handler): Promise<{ host: string; url: string }> => {
  const server = createServer(handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return { host, url: `http://${host}` }
}

const resolveTo =
  (...addresses: string[]): Resolve =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))

test('returns status, headers and text of a page', async (t) => {
  const { host, url } = await serve(t, (request, response) => {
    assert.equal(request.headers['user-agent'], 'concord')
    response
      .writeHead(404, { 'content-type': 'text/plain; charset=utf-8', 'set-cookie': 'secret=1' })
      .end('não')
  })
  const { headers, ...answer } = await call(httpTool({ allowPrivate: [host] }), { url: `${url}/a?b=c` })
  assert.deepEqual(answer, {
    status: 404,
    url: `${url}/a?b=c`,
    contentType: 'text/plain; charset=utf-8',
    text: 'não',
    truncated: false,
    binary: false,
  })
  assert.equal(headers['content-type'], 'text/plain; charset=utf-8')
  assert.equal('set-cookie' in headers, false)
})

test('refuses every way to write an address that is not public, before any connection', async () => {
  for (const host of [
    '127.0.0.1',
    '127.1',
    '0',
    '0.0.0.0',
    '2130706433',
    '0x7f000001',
    '0x7f.1',
    '0177.0.0.1',
    '017700000001',
    '127.0.0.1.',
    '１２７.０.０.１',
    '10.0.0.1',
    '172.16.5.4',
    '192.168.1.1',
    '100.64.0.1',
    '169.254.169.254',
    '0xa9fea9fe',
    '224.0.0.1',
    '255.255.255.255',
    '192.0.2.1',
    '198.18.0.1',
    '240.0.0.1',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:a9fe:a9fe]',
    '[::127.0.0.1]',
    '[::ffff:0:127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '[64:ff9b:1::a00:1]',
    '[2002:7f00:1::]',
    '[2001::1]',
    '[fe80::1]',
    '[fc00::1]',
    '[fd00:ec2::254]',
    '[fec0::1]',
    '[ff02::1]',
    '[2001:db8::1]',
    '[100::1]',
  ])
    await assert.rejects(call(httpTool(), { url: `http://${host}/` }), { code: 'tool.forbidden' }, host)
})

test('refuses names that resolve to anything not public, in whatever company', async () => {
  const hostile = [
    ['127.0.0.1'],
    ['93.184.216.34', '127.0.0.1'],
    ['169.254.169.254'],
    ['::1'],
    ['::ffff:10.0.0.1'],
    ['2606:2800:220:1::1', 'fe80::1%eth0'],
    ['not an address'],
  ]
  for (const addresses of hostile)
    await assert.rejects(
      call(httpTool({ resolve: resolveTo(...addresses) }), { url: 'https://innocent.example/' }),
      { code: 'tool.forbidden' },
      addresses.join(),
    )
  for (const url of ['http://localhost/', 'http://localhost./', 'http://a.b.LOCALHOST/'])
    await assert.rejects(call(httpTool(), { url }), { code: 'tool.forbidden' })
})

test('cloud metadata stays out of reach where private networks are allowed', async () => {
  for (const host of ['169.254.169.254', '0.0.0.0', '[fe80::1]'])
    await assert.rejects(call(httpTool({ allowPrivate: true }), { url: `http://${host}/` }), {
      code: 'tool.forbidden',
    })
})

test('allowPrivate names a host and port, not the whole machine', async (t) => {
  const open = await serve(t, (_, response) => response.end('open'))
  const closed = await serve(t, () => assert.fail('must not be reached'))
  const http = httpTool({ allowPrivate: [open.host] })
  assert.equal((await call(http, { url: open.url })).text, 'open')
  await assert.rejects(call(http, { url: closed.url }), { code: 'tool.forbidden' })
})

test('connects to the address that was checked, though the name resolves elsewhere a moment later', async (t) => {
  const { host } = await serve(t, (request, response) => response.end(`host ${request.headers.host}`))
  const port = host.split(':')[1]
  let asked = 0
  const rebinding: Resolve = async () => {
    asked += 1
    return [{ address: asked === 1 ? '127.0.0.1' : '169.254.169.254', family: 4 }]
  }
  const http = httpTool({ allowPrivate: [`rebind.example:${port}`], resolve: rebinding })
  assert.equal(
    (await call(http, { url: `http://rebind.example:${port}/` })).text,
    `host rebind.example:${port}`,
  )
  assert.equal(asked, 1)
  await assert.rejects(call(http, { url: `http://rebind.example:${port}/` }), { code: 'tool.forbidden' })
})

test('refuses other schemes, credentials, denied hosts and hosts that are not listed', async () => {
  for (const url of [
    'file:///etc/passwd',
    'ftp://example.org/',
    'gopher://example.org/',
    'data:text/plain,x',
    'javascript:1',
    'https://user:password@example.org/',
    'https://user@example.org/',
    `https://example.org/${'a'.repeat(8190)}`
      .slice(0, 8192)
      .concat('a')
      .slice(0, 8192)
      .replace('https', 'ftps'),
  ])
    await assert.rejects(call(httpTool(), { url }), { code: 'tool.forbidden' }, url.slice(0, 40))
  await assert.rejects(call(httpTool(), { url: '/relative' }), { code: 'tool.input-invalid' })
  const rules = { allowHosts: ['example.org', '*.example.com:443'], denyHosts: ['bad.example.com'] }
  for (const url of [
    'https://evil.org/',
    'https://example.org.evil.org/',
    'https://notexample.com/',
    'https://example.com/',
    'http://a.example.com/',
    'https://bad.example.com/',
  ])
    await assert.rejects(call(httpTool({ ...rules, resolve: resolveTo('127.0.0.1') }), { url }), {
      message: /only configured hosts|host is denied/,
    })
  for (const url of ['https://example.org/', 'https://EXAMPLE.org./', 'https://a.example.com/'])
    await assert.rejects(call(httpTool({ ...rules, resolve: resolveTo('127.0.0.1') }), { url }), {
      message: /only public addresses/,
    })
  await assert.rejects(
    call(httpTool(), { url: 'https://name:hunter2@example.org/' }),
    (error: Error) => !JSON.stringify([error.message, error]).includes('hunter2'),
  )
})

test('checks every redirect and follows a bounded number', async (t) => {
  const closed = await serve(t, () => assert.fail('must not be reached'))
  const { host, url } = await serve(t, (request, response) => {
    const targets: { [path: string]: string } = {
      '/closed': closed.url,
      '/metadata': 'http://169.254.169.254/latest/meta-data/',
      '/file': 'file:///etc/passwd',
      '/credentials': `http://a:b@${request.headers.host}/`,
      '/loop': '/loop',
      '/once': '/landed',
    }
    const location = targets[request.url ?? '']
    if (location) response.writeHead(302, { location }).end()
    else response.end(`landed on ${request.url}`)
  })
  const http = httpTool({ allowPrivate: [host], redirectsMax: 3 })
  for (const path of ['/closed', '/metadata', '/file', '/credentials'])
    await assert.rejects(call(http, { url: url + path }), { code: 'tool.forbidden' }, path)
  await assert.rejects(call(http, { url: `${url}/loop` }), {
    code: 'tool.failed',
    message: /redirects are bounded/,
  })
  const landed = await call(http, { url: `${url}/once` })
  assert.deepEqual([landed.text, landed.url], ['landed on /landed', `${url}/landed`])
})

test('credentials stay with the origin they were meant for', async (t) => {
  const seen: { [who: string]: IncomingMessage['headers'] } = {}
  const other = await serve(t, (request, response) => {
    seen.other = request.headers
    response.end('other')
  })
  const first = await serve(t, (request, response) => {
    seen[request.url ?? ''] = request.headers
    const location = request.url === '/same' ? '/end' : request.url === '/cross' ? other.url : undefined
    response.writeHead(location ? 307 : 200, location ? { location } : {}).end()
  })
  const hosts = [first.host, other.host]
  const http = httpTool({
    allowHosts: hosts,
    allowPrivate: hosts,
    headers: { Authorization: 'Bearer s3cret' },
  })
  await call(http, { url: `${first.url}/same`, headers: { 'x-key': 'k' } })
  assert.equal(seen['/end']?.authorization, 'Bearer s3cret')
  await call(http, { url: `${first.url}/cross`, headers: { 'X-Key': 'k' } })
  assert.deepEqual([seen.other?.authorization, seen.other?.['x-key']], [undefined, undefined])
  assert.throws(() => httpTool({ headers: { authorization: 'x' } }), { code: 'config.invalid' })
})

test('a write carries the idempotency key, becomes GET on 303, and does not leave its origin', async (t) => {
  const seen: string[] = []
  const other = await serve(t, () => assert.fail('must not be reached'))
  const { host, url } = await serve(t, (request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers['idempotency-key']}`)
    if (request.url === '/see') response.writeHead(303, { location: '/done' }).end()
    else if (request.url === '/away') response.writeHead(307, { location: other.url }).end()
    else response.end('done')
  })
  const http = httpTool({ methods: ['GET', 'POST'], allowPrivate: [host, other.host] })
  assert.equal(http.permission, 'write')
  assert.equal(httpTool({ methods: ['GET', 'HEAD'] }).permission, 'network')
  await call(http, { url: `${url}/see`, method: 'POST', body: '{}' })
  assert.deepEqual(seen, ['POST /see run-1/1/step-1/0', 'GET /done run-1/1/step-1/0'])
  await assert.rejects(call(http, { url: `${url}/away`, method: 'POST', body: '{}' }), {
    code: 'tool.forbidden',
  })
  await assert.rejects(call(httpTool(), { url, method: 'POST' }), /schema refused/)
})

test('headers that steer the connection, and header injection, are refused', async () => {
  const bad = [
    { host: 'x' },
    { Cookie: 'a=b' },
    { 'X-Forwarded-For': '::1' },
    { a: 'b\r\nc: d' },
    { 'a b': 'c' },
  ]
  for (const headers of bad)
    await assert.rejects(call(httpTool(), { url: 'https://example.org/', headers }), {
      code: 'tool.input-invalid',
    })
})

test('stops reading at the bound, whether the body is endless or a decompression bomb', async (t) => {
  let bombBytes = 0
  const { host, url } = await serve(t, (request, response) => {
    if (request.url === '/bomb') {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' })
      const gzip = createGzip()
      gzip.on('data', (chunk: Buffer) => {
        bombBytes += chunk.length
      })
      gzip.pipe(response)
      const block = Buffer.alloc(1_000_000)
      const more = () => {
        while (!response.destroyed && gzip.write(block));
        if (!response.destroyed) gzip.once('drain', more)
      }
      response.on('close', () => gzip.destroy())
      gzip.on('error', () => {})
      more()
      return
    }
    response.writeHead(200, { 'content-type': 'text/plain' })
    const more = () => {
      while (!response.destroyed && response.write('x'.repeat(10_000)));
      response.once('drain', more)
    }
    more()
  })
  const http = httpTool({ allowPrivate: [host], bytesMax: 50_000 })
  for (const path of ['/endless', '/bomb']) {
    const { text, truncated } = await call(http, { url: url + path })
    assert.deepEqual([text.length, truncated], [50_000, true], path)
  }
  assert.ok(bombBytes < 1_000_000)
})

test('a body of exactly the bound is not called truncated', async (t) => {
  const { host, url } = await serve(t, (_, response) => response.end('12345'))
  const { text, truncated } = await call(httpTool({ allowPrivate: [host], bytesMax: 5 }), { url })
  assert.deepEqual([text, truncated], ['12345', false])
})

test('decodes by byte order mark, charset, the document itself, or UTF-8; leaves out what is not text', async (t) => {
  const latin = Buffer.from('caf\xe9', 'latin1')
  const bodies: { [path: string]: [string | undefined, Buffer, string, boolean] } = {
    '/latin': ['text/plain; charset=ISO-8859-1', latin, 'café', false],
    '/meta': [
      'text/html',
      Buffer.concat([Buffer.from('<meta charset="iso-8859-1">'), latin]),
      '<meta charset="iso-8859-1">café',
      false,
    ],
    '/utf16': ['text/plain', Buffer.from('\ufeffcafé', 'utf16le'), 'café', false],
    '/shift': ['text/plain; charset="shift_jis"', Buffer.from([0x93, 0xfa, 0x96, 0x7b]), '日本', false],
    '/nonsense': ['text/plain; charset=martian', Buffer.from('café'), 'café', false],
    '/none': [undefined, Buffer.from('café'), 'café', false],
    '/png': ['image/png', Buffer.from([0x89, 0x50, 0, 0]), '', true],
    '/mystery': ['application/x-thing', Buffer.from([1, 0, 2]), '', true],
  }
  const { host, url } = await serve(t, (request, response) => {
    const [type, body] = bodies[request.url ?? '']!
    response.writeHead(200, type ? { 'content-type': type } : {}).end(body)
  })
  for (const [path, [, , text, binary]] of Object.entries(bodies)) {
    const answer = await call(httpTool({ allowPrivate: [host] }), { url: url + path })
    assert.deepEqual([answer.text, answer.binary], [text, binary], path)
  }
})

test('an answer compressed as declared is inflated; one that lies fails as an ordinary error', async (t) => {
  const { host, url } = await serve(t, (request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' })
    response.end(request.url === '/honest' ? gzipSync('inflated') : 'not gzip at all')
  })
  const http = httpTool({ allowPrivate: [host] })
  assert.equal((await call(http, { url: `${url}/honest` })).text, 'inflated')
  await assert.rejects(call(http, { url: `${url}/liar` }), { code: 'tool.failed' })
})

test('a server that is silent or slow, and a resolver that never answers, end in a time-out', async (t) => {
  const { host, url } = await serve(t, (request, response) => {
    if (request.url === '/drip') response.writeHead(200).write('x')
  })
  const http = httpTool({ allowPrivate: [host], timeoutMs: 100 })
  await assert.rejects(call(http, { url: `${url}/silent` }), { code: 'tool.timeout' })
  await assert.rejects(call(http, { url: `${url}/drip` }), { code: 'tool.timeout' })
  const stuck = httpTool({ resolve: () => new Promise(() => {}), timeoutMs: 50 })
  await assert.rejects(call(stuck, { url: 'https://example.org/' }), { code: 'tool.timeout' })
})

test('a cancelled call rejects with the reason and closes its socket', async (t) => {
  const controller = new AbortController()
  const arrived = Promise.withResolvers<IncomingMessage>()
  const { host, url } = await serve(t, (request) => arrived.resolve(request))
  const http = httpTool({ allowPrivate: [host] })
  const rejected = assert.rejects(
    call(http, { url }, testContext({ signal: controller.signal })),
    /cancelled by the test/,
  )
  const { socket } = await arrived.promise
  const closed = once(socket, 'close')
  controller.abort(new Error('cancelled by the test'))
  await Promise.all([rejected, closed])
})

test('a server that hangs up, talks nonsense or is not there fails as an ordinary error', async (t) => {
  const answers = ['', 'SSH-2.0-OpenSSH_9.2\r\n', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort']
  for (const answer of answers) {
    const server = createTcpServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => socket.end(answer))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => server.close())
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
    await assert.rejects(call(httpTool({ allowPrivate: [host] }), { url: `http://${host}/` }), {
      code: 'tool.failed',
    })
  }
  await assert.rejects(call(httpTool({ resolve: async () => [] }), { url: 'https://nowhere.example/' }), {
    code: 'tool.failed',
  })
})

test('an IPv4 address is judged the same however IPv6 wraps it', () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      const [a, b, c, d] = address.split('.').map(Number) as [number, number, number, number]
      const tail = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
      assert.equal(classOfAddress(`::ffff:${tail}`), classOfAddress(address))
      assert.equal(classOfAddress(`64:ff9b::${tail}`), classOfAddress(address))
      assert.equal(classOfAddress(`2002:${tail}::1`), 'forbidden')
    }),
  )
})

test('no address outside 2000::/3 is public', () => {
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      const first = Number.parseInt(address.startsWith(':') ? '0' : address.split(':')[0]!, 16)
      if (classOfAddress(address) === 'public' && !/^(?:0*:|::|64:)/i.test(address))
        assert.equal(first >> 13, 1, address)
    }),
  )
})

test('the metadata of clouds is out of reach, whatever is allowed and however it is written', async () => {
  const hosts = [
    '168.63.129.16',
    '0xa83f8110',
    '[::ffff:168.63.129.16]',
    '[64:ff9b::168.63.129.16]',
    '169.254.169.254',
    '169.254.170.2',
    '100.100.100.200',
    '[::ffff:100.100.100.200]',
    '192.0.0.192',
    '[fd00:ec2::254]',
    '[fd00:0ec2:0:0:0:0:0:254]',
    '[fd20:ce::254]',
    'metadata.google.internal',
    'METADATA.google.internal.',
    'metadata',
    'metadata.goog',
    'instance-data.ec2.internal',
    'instance-data',
    'metadata.azure.internal',
    'metadata.tencentyun.com',
    'metadata.platformequinix.com',
  ]
  const resolve = async () => [{ address: '127.0.0.1', family: 4 as const }]
  for (const host of hosts)
    for (const rules of [{}, { allowPrivate: true }, { allowPrivate: [host], allowHosts: [host] }])
      await assert.rejects(
        call(httpTool({ ...rules, resolve }), { url: `http://${host}/latest` }),
        (error: Error) => {
          assert.equal(
            (error as Error & { code: string }).code,
            'tool.forbidden',
            `${host}: ${error.message}`,
          )
          return true
        },
      )
  for (const address of ['168.63.129.16', 'fd00:ec2::254', 'fd20:ce::254', '100.100.100.200'])
    await assert.rejects(
      call(
        httpTool({
          allowPrivate: true,
          resolve: async () => [{ address, family: address.includes(':') ? 6 : 4 }],
        }),
        { url: 'http://innocent.example/' },
      ),
      { code: 'tool.forbidden' },
    )
  for (const address of ['168.63.129.17', '100.100.100.201', '10.0.0.1', 'fd00:ec2::255'])
    assert.notEqual(classOfAddress(address), 'forbidden', address)
})
