import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Json } from '../domain/json.ts'
import { codeTool } from './code.ts'
import { call, testContext } from './fixtures/context.ts'

const code = codeTool({ timeoutMs: 20_000, memoryBytesMax: 32 * 1024 * 1024 })
const hurried = codeTool({ timeoutMs: 300, memoryBytesMax: 32 * 1024 * 1024 })
const resultOf = async (source: string, input?: Json): Promise<Json> =>
  (await call(code, { code: source, input })).result

test('returns what the code returns, given JSON', async () => {
  assert.deepEqual(
    await resultOf('return input.numbers.map((n) => n * n)', { numbers: [1, 2, 3] }),
    [1, 4, 9],
  )
  assert.equal(await resultOf('const x = await Promise.resolve(20); return x + 1'), 21)
  assert.equal(await resultOf('1 + 1'), null)
  assert.equal(await resultOf('// a comment at the end'), null)
})

test('captures what the code prints, within its bound', async () => {
  const { output, outputTruncated } = await call(code, {
    code: 'console.log("a", 1, { b: [2] }, undefined, null); console.error(new Error("c"))',
  })
  assert.deepEqual([output, outputTruncated], ['a 1 {"b":[2]} undefined null\nError: c\n', false])
  const small = codeTool({ outputCharactersMax: 10 })
  const flooded = await call(small, { code: 'for (let i = 0; i < 1000; i++) console.log("xxxx"); return 1' })
  assert.deepEqual(flooded, { result: 1, output: 'xxxx\nxxxx\n', outputTruncated: true })
})

test('an error keeps its message, its line and what was printed before it', async () => {
  await assert.rejects(call(code, { code: 'console.log("before")\nconst a = 1\nnull.x' }), {
    code: 'tool.failed',
    message: /TypeError: cannot read property 'x' of null \(line 3\)/,
    details: { output: 'before\n' },
  })
  await assert.rejects(call(code, { code: 'return (' }), { code: 'tool.failed', message: /SyntaxError/ })
  await assert.rejects(call(code, { code: 'throw { odd: true }' }), { code: 'tool.failed' })
  await assert.rejects(call(code, { code: 'await new Promise(() => {})' }), {
    message: /nothing will settle/,
  })
})

test('what does not end by itself is ended as a time-out', async () => {
  for (const source of [
    'for (;;);',
    'for (;;) await 0',
    'try { for (;;); } finally { for (;;); }',
    'return /^(a+)+$/.test("a".repeat(50) + "b")',
    'return { get a() { for (;;); } }',
    'return { toJSON() { for (;;); } }',
    'throw { get message() { for (;;); } }',
    'return { then() { for (;;); } }',
    'console.log({ toJSON() { for (;;); } })',
    '}); for (;;); (async function () {',
  ])
    await assert.rejects(call(hurried, { code: source }), { code: 'tool.timeout' }, source)
})

test('what needs too much memory ends as an ordinary error, and the process does not grow with it', async () => {
  const before = process.memoryUsage().rss
  for (const source of [
    'const a = []; for (;;) a.push("x".repeat(1e5) + a.length)',
    'const a = []; for (;;) a.push({})',
    'let s = "x"; for (;;) s += s',
    'return "x".repeat(2 ** 29)',
    'return new Array(1e9).fill(0)',
    'return new ArrayBuffer(2e9)',
  ])
    await assert.rejects(call(code, { code: source }), { code: 'tool.failed' }, source)
  assert.ok(process.memoryUsage().rss - before < 300e6)
  await assert.rejects(call(code, { code: 'return "x".repeat(300000)' }), { message: /results are bounded/ })
})

test('deep recursion, in code or in its syntax, ends as an ordinary error', async () => {
  for (const source of [
    'const f = () => f() + 1; return f()',
    'return new (class { get x() { return this.x } })().x',
    'let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return a',
    'return eval("(".repeat(1e5))',
    `return ${'['.repeat(40_000)}`,
  ])
    await assert.rejects(call(code, { code: source }), { code: 'tool.failed' }, source.slice(0, 60))
})

test('nothing of the host is within reach', async () => {
  const globals = [
    'process',
    'require',
    'fetch',
    'setTimeout',
    'WebAssembly',
    'Worker',
    'Deno',
    'Buffer',
    'std',
    'os',
  ]
  assert.deepEqual(
    await resultOf(`return ${JSON.stringify(globals)}.filter((name) => name in globalThis)`),
    [],
  )
  for (const source of [
    'return await import("node:fs")',
    'return console.log.constructor("return process")()',
    'return (async () => {}).constructor("return process.env")()',
    'return globalThis.constructor.constructor("return require")()',
  ])
    await assert.rejects(call(code, { code: source }), { code: 'tool.failed' }, source)
})

test('code that replaces prototypes and built-ins spoils only itself', async () => {
  const result = await resultOf(
    `Object.prototype.polluted = 1; Array.prototype.map = () => 'spoiled'; JSON.stringify = () => '"forged"'
     Promise.prototype.then = () => {}; String.prototype.slice = () => 'cut'
     return JSON.parse('{"__proto__": {"admin": true}, "a": 1}')`,
  )
  assert.deepEqual(result, { a: 1 })
  assert.equal(Object.hasOwn(result as object, '__proto__'), false)
  assert.equal((Object.prototype as { polluted?: unknown }).polluted, undefined)
  assert.deepEqual(await resultOf('return [1].map((n) => n + 1)'), [2])
})

test('calls host functions with JSON, and their errors can be caught', async () => {
  const seen: Json[] = []
  const tool = codeTool({
    timeoutMs: 20_000,
    callsMax: 5,
    functions: {
      add: async (args) => {
        seen.push(args)
        return (args as number[]).reduce((a, b) => a + b)
      },
      fail: () => {
        throw new Error('not today')
      },
      nothing: () => undefined,
    },
  })
  const source = `const sums = await Promise.all([add(1, 2), add(3, 4)])
    let caught; try { await fail() } catch (error) { caught = error.message }
    return { sums, caught, nothing: await nothing() }`
  assert.deepEqual((await call(tool, { code: source })).result, {
    sums: [3, 7],
    caught: 'not today',
    nothing: null,
  })
  assert.deepEqual(seen, [
    [1, 2],
    [3, 4],
  ])
  await assert.rejects(call(tool, { code: 'for (;;) await add(1)' }), {
    message: /calls of host functions are bounded/,
  })
  await assert.rejects(call(tool, { code: 'await add(() => {}, 10n)' }), { code: 'tool.failed' })
  assert.throws(() => codeTool({ functions: { 'a;b': () => 1 } }), { code: 'config.invalid' })
})

test('a host function that hangs is bounded by the same time, and is told', async () => {
  let told: AbortSignal | undefined
  const tool = codeTool({
    timeoutMs: 200,
    functions: {
      hang: (_, context) => {
        told = context.signal
        return new Promise(() => {})
      },
    },
  })
  await assert.rejects(call(tool, { code: 'await hang()' }), { code: 'tool.timeout' })
  assert.equal(told?.aborted, true)
})

test('a cancelled call ends its endless loop and frees its place', async () => {
  const controller = new AbortController()
  const started = Promise.withResolvers<void>()
  const tool = codeTool({
    timeoutMs: 60_000,
    functions: {
      started: () => {
        started.resolve()
        return null
      },
    },
  })
  const context = testContext({ signal: controller.signal })
  const pending = Array.from({ length: 6 }, () =>
    assert.rejects(call(tool, { code: 'await started(); for (;;);' }, context), /cancelled by the test/),
  )
  await started.promise
  controller.abort(new Error('cancelled by the test'))
  await Promise.all(pending)
  assert.equal(await resultOf('return 1'), 1)
})

test('any JSON value comes back as it went in', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.jsonValue({ maxDepth: 4 }), { maxLength: 50 }), async (values) => {
      const sent = JSON.parse(JSON.stringify(values)) as Json
      fc.pre(!JSON.stringify(sent).includes('__proto__'))
      assert.deepEqual(await resultOf('return input', sent), sent)
    }),
    { numRuns: 10 },
  )
})
