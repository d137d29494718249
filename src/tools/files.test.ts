import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import type { AnyTool } from '../ports/tool.ts'
import type { FileList } from './files/list.ts'
import type { FileText } from './files/read.ts'
import type { FileMatches } from './files/search-protocol.ts'
import type { FileWritten } from './files/write.ts'
import { type FileToolsOptions, fileTools } from './files.ts'
import { call, testContext } from './fixtures/context.ts'

type Outputs = {
  list_files: FileList
  read_file: FileText
  search_files: FileMatches
  write_file: FileWritten
}

/** A root with secrets beside it, and a caller of its tools by name. */
const workplace = (t: TestContext, options: Partial<FileToolsOptions> = {}) => {
  const outside = mkdtempSync(join(tmpdir(), 'concord-files-'))
  t.after(() => rmSync(outside, { recursive: true, force: true }))
  const root = join(outside, 'root')
  mkdirSync(join(root, 'sub'), { recursive: true })
  writeFileSync(join(outside, 'secret.txt'), 'secret')
  mkdirSync(join(outside, 'root-twin'))
  writeFileSync(join(outside, 'root-twin', 'twin-only.txt'), 'secret')
  writeFileSync(join(root, 'a.txt'), 'one\ntwo\nthree\n')
  writeFileSync(join(root, 'sub', 'b.txt'), 'Two (2)\n')
  const tools = fileTools({ root, write: true, ...options })
  const use = <Name extends keyof Outputs>(name: Name, input: unknown, context = testContext()) => {
    const found = tools.find((tool: AnyTool) => tool.name === name)
    assert.ok(found)
    return call(found as never, input, context) as Promise<Outputs[Name]>
  }
  return { outside, root, use, tools }
}

test('lists, reads, searches and writes under the root', async (t) => {
  const { root, use } = workplace(t)
  assert.deepEqual(await use('list_files', { recursive: true }), {
    entries: [
      { path: 'a.txt', kind: 'file', bytes: 14 },
      { path: 'sub', kind: 'folder', bytes: 0 },
      { path: 'sub/b.txt', kind: 'file', bytes: 8 },
    ],
    truncated: false,
  })
  assert.deepEqual(await use('read_file', { path: './sub//b.txt' }), {
    path: './sub//b.txt',
    bytes: 8,
    offset: 0,
    text: 'Two (2)\n',
  })
  const found = await use('search_files', { pattern: 'two', ignoreCase: true })
  assert.deepEqual(
    found.matches.map(({ path, line, column }) => [path, line, column]),
    [
      ['a.txt', 2, 1],
      ['sub/b.txt', 1, 1],
    ],
  )
  assert.deepEqual(await use('write_file', { path: 'new/deep/c.txt', text: 'çç' }), {
    path: 'new/deep/c.txt',
    bytes: 4,
    created: true,
  })
  assert.equal(readFileSync(join(root, 'new/deep/c.txt'), 'utf8'), 'çç')
})

test('writing is offered only where it is allowed', (t) => {
  const names = workplace(t, { write: false }).tools.map(({ name, permission }) => `${name} ${permission}`)
  assert.deepEqual(names, ['list_files read', 'read_file read', 'search_files read'])
})

test('paths that name something outside are refused by every tool', async (t) => {
  const { outside, use } = workplace(t)
  for (const path of [
    '../secret.txt',
    'sub/../../secret.txt',
    'sub/..',
    '..',
    join(outside, 'secret.txt'),
    '/etc/passwd',
    '//etc/passwd',
    'C:\\secret.txt',
    'C:secret.txt',
    '..\\secret.txt',
    'sub\\..\\..\\secret.txt',
    'a.txt\0.png',
    '../root-twin/twin-only.txt',
  ])
    for (const [name, input] of [
      ['list_files', { path }],
      ['read_file', { path }],
      ['search_files', { path, pattern: 'secret' }],
      ['write_file', { path, text: 'overwritten', replace: true }],
    ] as const)
      await assert.rejects(use(name, input), { code: 'tool.forbidden' }, `${name} ${path}`)
  assert.equal(readFileSync(join(outside, 'secret.txt'), 'utf8'), 'secret')
})

test('no path whatsoever reads or writes outside the root', async (t) => {
  const { outside, use } = workplace(t)
  symlinkSync('../secret.txt', join(outside, 'root', 'leak'))
  symlinkSync('..', join(outside, 'root', 'up'))
  const segment = fc.constantFrom(
    '..',
    '.',
    '',
    'up',
    'leak',
    'sub',
    'secret.txt',
    'root-twin',
    '%2e%2e',
    '…',
    '.. ',
  )
  const before = readdirSync(outside)
  await fc.assert(
    fc.asyncProperty(
      fc.array(segment, { maxLength: 5 }),
      fc.constantFrom('/', '\\'),
      async (segments, separator) => {
        const path = segments.join(separator)
        const read = await use('read_file', { path }).catch(() => undefined)
        assert.notEqual(read?.text, 'secret', path)
        await use('write_file', { path, text: 'written' }).catch(() => undefined)
        await use('list_files', { path, recursive: true }).then(
          ({ entries }) => assert.ok(!entries.some((entry) => entry.path.includes('twin-only')), path),
          () => undefined,
        )
        assert.deepEqual(readdirSync(outside), before, path)
        assert.equal(readFileSync(join(outside, 'secret.txt'), 'utf8'), 'secret')
      },
    ),
    { numRuns: 200 },
  )
})

test('links that lead out are refused, links that stay inside are followed', async (t) => {
  const { outside, root, use } = workplace(t)
  symlinkSync(join(outside, 'secret.txt'), join(root, 'leak'))
  symlinkSync(outside, join(root, 'up'))
  symlinkSync('a.txt', join(root, 'fine'))
  symlinkSync('loop', join(root, 'loop'))
  for (const path of ['leak', 'up/secret.txt', 'loop'])
    await assert.rejects(use('read_file', { path }), { code: 'tool.forbidden' }, path)
  await assert.rejects(use('list_files', { path: 'up' }), { code: 'tool.forbidden' })
  await assert.rejects(use('search_files', { path: 'up', pattern: 'secret' }), { code: 'tool.forbidden' })
  for (const path of ['leak', 'up/new.txt', 'up/new/new.txt'])
    await assert.rejects(
      use('write_file', { path, text: 'x', replace: true }),
      { code: 'tool.forbidden' },
      path,
    )
  assert.equal((await use('read_file', { path: 'fine' })).text, 'one\ntwo\nthree\n')
  assert.deepEqual((await use('search_files', { pattern: 'secret' })).matches, [])
  assert.ok(
    (await use('list_files', {})).entries.some(({ path, kind }) => path === 'leak' && kind === 'link'),
  )
  assert.deepEqual(readdirSync(outside).sort(), ['root', 'root-twin', 'secret.txt'])
})

test('a root that is itself a link works', async (t) => {
  const { outside, root } = workplace(t)
  symlinkSync(root, join(outside, 'alias'))
  const [, read] = fileTools({ root: join(outside, 'alias') })
  assert.equal(((await call(read as never, { path: 'a.txt' })) as FileText).bytes, 14)
})

test('FIFOs, devices and folders are refused without waiting for them', async (t) => {
  const { root, use } = workplace(t)
  execFileSync('mkfifo', [join(root, 'pipe')])
  for (const path of ['pipe', 'sub'])
    await assert.rejects(use('read_file', { path }), { code: 'tool.forbidden' }, path)
  for (const path of ['pipe', 'sub'])
    await assert.rejects(
      use('write_file', { path, text: 'x', replace: true }),
      { code: 'tool.forbidden' },
      path,
    )
  assert.equal((await use('search_files', { pattern: 'one' })).matches.length, 1)
  const [, read] = fileTools({ root: '/dev' })
  await assert.rejects(call(read as never, { path: 'zero' }), { code: 'tool.forbidden' })
})

test('ranges put together are the file, whatever its characters and the size of the ranges', async (t) => {
  const { root, use } = workplace(t)
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: 'grapheme', maxLength: 40 }),
      fc.integer({ min: 4, max: 9 }),
      async (text, bytes) => {
        fc.pre(!text.includes('\0'))
        writeFileSync(join(root, 'text'), text)
        let together = ''
        for (let offset: number | undefined = 0; offset !== undefined; ) {
          const part: FileText = await use('read_file', { path: 'text', offset, bytes })
          together += part.text
          assert.ok(part.nextOffset === undefined || part.nextOffset > offset)
          offset = part.nextOffset
        }
        assert.equal(together, text.toWellFormed())
      },
    ),
    { numRuns: 200 },
  )
})

test('what is missing, binary, too large or past the end is said or cut', async (t) => {
  const { root, use } = workplace(t, { readBytesMax: 100, writeBytesMax: 10 })
  await assert.rejects(use('read_file', { path: 'nothing' }), { code: 'tool.failed', message: /must exist/ })
  writeFileSync(join(root, 'binary'), Buffer.from([1, 0, 2]))
  await assert.rejects(use('read_file', { path: 'binary' }), { code: 'tool.failed', message: /binary/ })
  writeFileSync(join(root, 'long'), 'x'.repeat(1000))
  const long = await use('read_file', { path: 'long' })
  assert.deepEqual([long.text.length, long.nextOffset], [100, 100])
  assert.equal((await use('read_file', { path: 'long', offset: 5000 })).text, '')
  await assert.rejects(use('write_file', { path: 'big', text: 'x'.repeat(11) }), {
    code: 'tool.input-invalid',
  })
  await assert.rejects(call(fileTools({ root: join(root, 'gone') })[0] as never, {}), { code: 'tool.failed' })
})

test('lists and searches stop at their bounds and say so', async (t) => {
  const { root, use } = workplace(t, { entriesMax: 5, matchesMax: 4, fileBytesMax: 1000 })
  for (let n = 0; n < 20; n++) writeFileSync(join(root, `many-${n}`), 'needle\nneedle\n')
  writeFileSync(join(root, 'huge'), 'needle'.repeat(1000))
  const list = await use('list_files', {})
  assert.deepEqual([list.entries.length, list.truncated], [5, true])
  const found = await use('search_files', { pattern: 'needle' })
  assert.deepEqual([found.matches.length, found.truncated, found.filesSkipped], [4, true, 1])
})

test('a regular expression that backtracks without end is ended; one that is wrong is refused', async (t) => {
  const { root, use } = workplace(t, { timeoutMs: 500 })
  writeFileSync(join(root, 'trap'), `${'a'.repeat(60)}!`)
  await assert.rejects(use('search_files', { pattern: '^(a+)+$', regex: true }), { code: 'tool.timeout' })
  await assert.rejects(use('search_files', { pattern: '(', regex: true }), { code: 'tool.input-invalid' })
})

test('a literal search takes every sign literally', async (t) => {
  const { root, use } = workplace(t)
  const signs = ['.*+?^$', '{}()|[]\\/'].join('')
  writeFileSync(join(root, 'signs'), `x\n${signs}\n`)
  const { matches } = await use('search_files', { pattern: signs })
  assert.deepEqual(matches, [{ path: 'signs', line: 2, column: 1, text: signs }])
})

test('a write replaces only when told, keeps the mode, leaves nothing behind, and may be repeated', async (t) => {
  const { root, use } = workplace(t)
  chmodSync(join(root, 'a.txt'), 0o600)
  await assert.rejects(use('write_file', { path: 'a.txt', text: 'new' }), { message: /must not exist yet/ })
  assert.equal((await use('write_file', { path: 'a.txt', text: 'new', replace: true })).created, false)
  assert.equal(readFileSync(join(root, 'a.txt'), 'utf8'), 'new')
  assert.equal(statSync(join(root, 'a.txt')).mode & 0o777, 0o600)
  assert.equal((await use('write_file', { path: 'a.txt', text: 'new' })).created, false)
  assert.deepEqual(readdirSync(root).sort(), ['a.txt', 'sub'])
})

test('many writers of one file leave one whole text', async (t) => {
  const { root, use } = workplace(t)
  const texts = Array.from({ length: 20 }, (_, n) => String(n).repeat(50_000))
  await Promise.all(texts.map((text) => use('write_file', { path: 'contended', text, replace: true })))
  assert.ok(texts.includes(readFileSync(join(root, 'contended'), 'utf8')))
  const created = await Promise.allSettled(texts.map((text) => use('write_file', { path: 'once', text })))
  assert.equal(created.filter(({ status }) => status === 'fulfilled').length, 1)
  assert.deepEqual(readdirSync(root).sort(), ['a.txt', 'contended', 'once', 'sub'])
  assert.equal(existsSync(join(root, '.tmp')), false)
})

test('a cancelled call does not start', async (t) => {
  const { root, use } = workplace(t)
  const context = testContext({ signal: AbortSignal.abort(new Error('cancelled by the test')) })
  for (const [name, input] of [
    ['list_files', {}],
    ['read_file', { path: 'a.txt' }],
    ['search_files', { pattern: 'x' }],
    ['write_file', { path: 'x', text: 'x' }],
  ] as const)
    await assert.rejects(async () => use(name, input, context), /cancelled by the test/, name)
  assert.equal(existsSync(join(root, 'x')), false)
})

test('files with secrets are not read, searched or written, whatever the spelling or a link to them', async (t) => {
  const { root, use } = workplace(t)
  const secrets = ['.env', '.env.local', 'deploy/.ENV', '.concord/memory.key', 'audit.PEM', 'keys/id_rsa.old']
  const others = ['.ssh/config', '.npmrc', '.netrc', '.git/config', 'x.key', '.concord/concord.db-wal']
  const named = ['credentials.json', 'a/secrets.yaml', 'Service-Account-1.json', 'terraform.tfstate', '.boto']
  const kept = ['.bash_history', '.m2/settings.xml', '.config/gh/hosts.yml', 'secrets.json/x', 'x.ppk']
  for (const path of [...secrets, ...others, ...named, ...kept]) {
    mkdirSync(join(root, path, '..'), { recursive: true })
    writeFileSync(join(root, path), 'hunter2')
    await assert.rejects(
      use('read_file', { path }),
      { code: 'tool.forbidden', message: /allowProtected/ },
      path,
    )
    await assert.rejects(
      use('write_file', { path, text: 'x', replace: true }),
      { code: 'tool.forbidden', message: /allowProtected/ },
      path,
    )
    assert.equal(readFileSync(join(root, path), 'utf8'), 'hunter2')
  }
  symlinkSync(join(root, '.env'), join(root, 'notes.txt'))
  symlinkSync(join(root, '.concord'), join(root, 'plain'))
  for (const path of ['notes.txt', 'plain/memory.key'])
    await assert.rejects(use('read_file', { path }), { code: 'tool.forbidden' }, path)
  await assert.rejects(use('write_file', { path: 'plain/memory.key', text: 'x', replace: true }), {
    code: 'tool.forbidden',
  })
  assert.deepEqual((await use('search_files', { pattern: 'hunter2' })).matches, [])
})

test('what other programs execute is read and never written, and a name can be allowed', async (t) => {
  const executed = ['concord.config.ts', 'package.json', '.git/hooks/pre-commit', '.github/workflows/ci.yml']
  const more = ['.bashrc', 'node_modules/x/index.js', 'package-lock.json', 'Package.JSON', '.husky/pre-push']
  const builds = [
    'Makefile',
    'app/Dockerfile',
    'compose.prod.yml',
    'Jenkinsfile',
    '.gitlab-ci.yml',
    'setup.py',
  ]
  const checks = ['vite.config.mts', '.eslintrc.cjs', 'tsconfig.build.json', 'conftest.py', 'lefthook.yml']
  const folders = ['.circleci/config.yml', '.cargo/config.toml', '.hg/hgrc', '.claude/settings.json']
  const { root, use } = workplace(t, { allowProtected: ['app/package.json'] })
  for (const path of [...executed, ...more, ...builds, ...checks, ...folders]) {
    await assert.rejects(
      use('write_file', { path, text: 'x', replace: true }),
      { code: 'tool.forbidden', message: /executed.*allowProtected/ },
      path,
    )
    assert.ok(!existsSync(join(root, path)), path)
  }
  for (const path of ['docs/makefile.md', 'src/setup.ts', 'config.json', 'a.config.md', 'secrets.md'])
    await use('write_file', { path, text: 'x' })
  writeFileSync(join(root, 'package.json'), '{}')
  assert.equal((await use('read_file', { path: 'package.json' })).text, '{}')
  await use('write_file', { path: 'app/package.json', text: '{"a":1}' })
  assert.equal(readFileSync(join(root, 'app/package.json'), 'utf8'), '{"a":1}')
})

test('a program that is replaced loses the right to be executed and keeps the others', async (t) => {
  const { root, use } = workplace(t)
  writeFileSync(join(root, 'run.sh'), 'true')
  chmodSync(join(root, 'run.sh'), 0o750)
  await use('write_file', { path: 'run.sh', text: 'rm -rf /', replace: true })
  assert.equal(statSync(join(root, 'run.sh')).mode & 0o777, 0o640)
})
