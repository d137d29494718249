import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { jsonSchemaOf } from '../ports/schema.ts'
import { builtInTools } from './index.ts'

test('without configuration there are the tools that need none', () => {
  const permissions = Object.values(builtInTools()).map(({ name, permission }) => [name, permission])
  assert.deepEqual(permissions, [
    ['calculator', 'compute'],
    ['http', 'network'],
    ['code', 'execute'],
    ['web_search', 'network'],
  ])
})

test('a database, a folder and a refusal change the set', () => {
  const config = {
    sql: { file: 'x.db' },
    files: { root: 'x', write: true },
    http: false,
    code: false,
  } as const
  assert.deepEqual(Object.keys(builtInTools(config)), [
    'calculator',
    'web_search',
    'sql',
    'list_files',
    'read_file',
    'search_files',
    'write_file',
  ])
})

test('every tool tells a model what it takes, under a name that every provider accepts', () => {
  const tools = Object.values(builtInTools({ sql: { file: 'x.db' }, files: { root: 'x', write: true } }))
  for (const { name, description, input } of tools) {
    assert.match(name, /^[a-z][a-z0-9_]{0,63}$/)
    assert.ok(description.length > 30)
    assert.equal(jsonSchemaOf(input)?.type, 'object', name)
  }
})

test('creating the tools loads neither the HTTP client nor the sandbox nor a database', () => {
  const program = `
    const { registerHooks } = await import('node:module')
    const seen = []
    registerHooks({ resolve: (name, context, next) => (seen.push(name), next(name, context)) })
    const { builtInTools } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)})
    builtInTools({ sql: { file: 'x.db' }, files: { root: 'x' } })
    console.log(JSON.stringify(seen))`
  const seen = JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' }),
  ) as string[]
  assert.ok(seen.includes('zod'))
  for (const heavy of ['undici', 'quickjs-emscripten', 'node:sqlite'])
    assert.equal(seen.includes(heavy), false, heavy)
})
