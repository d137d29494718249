import assert from 'node:assert/strict'
import { access, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { blocksOf, pageText } from '../guides/page.ts'
import { firstHour, tools } from './first-hour.ts'
import { type Installation, install, root, run, succeeded } from './installation.ts'
import { unexportedTypes } from './public-types.ts'

/** Pages that a newcomer copies from, into an editor that shows types. */
const tellingTypes = [
  'tutorial',
  'embedding',
  'people',
  'tools',
  'testing',
  'changing-code',
  'production',
  'models',
  'plans',
  'extending',
  'plans',
  'extending',
  'live-memory',
  'verification',
  'memory',
  'command-line',
]
const fileBytesMax = 3 * 1024 * 1024

describe('the package that is published', () => {
  let installation: Installation

  before(async () => {
    installation = await install()
  })
  after(() => installation?.remove())

  const texts = async () =>
    Promise.all(
      installation.files.map(async ({ path }) => ({
        path,
        text: await readFile(join(installation.installed, path), 'utf8'),
      })),
    )

  it('holds the library, the command and the corpus, and no test, fixture or source', (t) => {
    const paths = installation.files.map(({ path }) => path)
    t.diagnostic(
      `${installation.name} ${installation.version}: ${installation.files.length} files, tarball of ${(installation.bytes / 1e6).toFixed(2)} MB`,
    )
    for (const needed of [
      'lib/index.js',
      'index.d.ts',
      'lib/cli.js',
      'bin/concord.js',
      'LICENSE',
      'README.md',
    ])
      assert.ok(paths.includes(needed), `${needed} is missing`)
    assert.ok(paths.includes('data/corpus/multimodal-llm.jsonl'))
    const foreign =
      /\.test\.|(^|\/)(fixtures|test|node_modules|\.concord|\.tmp)\/|(?<!\.d)\.ts$|\.tsbuildinfo$|\.map$/
    assert.deepEqual(
      paths.filter((path) => foreign.test(path) && !path.startsWith('template/')),
      [],
    )
    assert.deepEqual(
      installation.files.filter(({ size }) => size > fileBytesMax),
      [],
    )
  })

  it('names no place of the machine that built it', async () => {
    const registry = new URL((await succeeded(root, 'npm', 'config', 'get', 'registry')).trim()).host
    const places = [root, `${homedir()}/`, `${tmpdir()}/`, 'file:///', registry]
    const found = (await texts()).flatMap(({ path, text }) =>
      places.filter((place) => text.includes(place)).map((place) => `${path}: ${place}`),
    )
    assert.deepEqual(found, [])
  })

  it('loads every module of it with nothing but its dependencies', async () => {
    const said = await succeeded(installation.project, process.execPath, 'load-every-module.js')
    assert.ok(Number.parseInt(said, 10) > 100, said)
  })

  it('is a library for plain JavaScript, workers and corpus included, and says which package a tool lacks', async () => {
    assert.match(
      await succeeded(installation.project, process.execPath, 'use-library.js'),
      /the library works/,
    )
    await installation.link('quickjs-emscripten')
    assert.match(
      await succeeded(installation.project, process.execPath, 'use-library.js', '--quickjs'),
      /works/,
    )
  })

  it('is a library for TypeScript: its types are complete by themselves', async () => {
    await installation.link('@types/node')
    await installation.link('undici-types')
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const options = '--noEmit --strict --skipLibCheck false --module nodenext --target es2024 --types node'
    await succeeded(
      installation.project,
      process.execPath,
      tsc,
      ...options.split(' '),
      'use-types.ts',
      'use-server.ts',
      'served.config.ts',
    )
    assert.match(
      await succeeded(installation.project, process.execPath, 'use-types.ts'),
      /the types work: \{"value":42\}/,
    )
  })

  it('exports every type that one of its signatures names', async () => {
    const { exports } = JSON.parse(await readFile(join(installation.installed, 'package.json'), 'utf8'))
    const entries = Object.values<{ types?: string }>(exports).flatMap(({ types }) => types ?? [])
    assert.equal(entries.length, 5, entries.join())
    assert.deepEqual(unexportedTypes(installation.installed, entries), [])
    // What it finds: a type of another module, at the end of a way through one that a module keeps
    // to itself.
    const folder = await mkdtemp(join(tmpdir(), 'concord-types-'))
    await writeFile(
      join(folder, 'index.d.ts'),
      "import type { Deep } from './deep.js';\ntype Own = { deep: Deep };\nexport declare const open: (own: Own) => string;\n",
    )
    await writeFile(join(folder, 'deep.d.ts'), 'export type Deep = { a: 1 };\n')
    assert.deepEqual(unexportedTypes(folder, ['index.d.ts']), ['Deep of deep.d.ts: open > Own'])
    await rm(folder, { recursive: true })
  })

  it('has a README of its own: its program runs, and what any page links to is there', async () => {
    const { installed, project, files } = installation
    const readme = await readFile(join(installed, 'README.md'), 'utf8')
    assert.doesNotMatch(readme, /npm (?:start|test)|Node 20/)
    const program = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
    await writeFile(join(project, 'readme-program.ts'), program)
    assert.equal(await succeeded(project, process.execPath, 'readme-program.ts'), '8\n')
    const pages = files.map(({ path }) => path).filter((path) => path.endsWith('.md'))
    assert.ok(pages.includes('docs/guides/models.md') && pages.includes('SECURITY.md'))
    for (const page of pages) {
      const text = await readFile(join(installed, page), 'utf8')
      for (const [, target = ''] of text.matchAll(/\]\(([^)#\s]+)(?:#[^)\s]*)?\)/g))
        if (!/^\w+:/.test(target)) await access(join(installed, dirname(page), target))
    }
  })

  it('is the command concord', async () => {
    const version = await succeeded(installation.project, 'npx', 'concord', '--version')
    assert.match(version, new RegExp(`^concord ${installation.version} `))
    assert.match(
      await succeeded(installation.project, 'npx', 'concord', '--help'),
      /Usage: concord <command>/,
    )
    const wrong = await run(installation.project, 'npx', 'concord', 'rnu')
    assert.equal(wrong.code, 2)
    assert.match(wrong.stderr, /^error: Cannot .+ as .+; did you mean "concord run"\?/)
  })

  it('serves goals over HTTP to its own client', async () => {
    const said = await succeeded(installation.project, process.execPath, 'use-server.ts')
    assert.match(said, /the server works: hello, hello; run.succeeded/)
  })

  it('has guides whose programs are right by its types', async () => {
    const { project } = installation
    await tools(installation)
    const folder = join(project, 'guides')
    for (const page of tellingTypes) {
      await mkdir(join(folder, page), { recursive: true })
      const programs = blocksOf(pageText(`docs/guides/${page}.md`)).filter(
        ({ language }) => language === 'ts',
      )
      for (const { code, file, line } of programs)
        if (/^import /m.test(code) && !code.includes("from 'express'"))
          await writeFile(join(folder, page, file ?? `line-${line}.ts`), code)
    }
    await cp(join(root, 'template/tsconfig.json'), join(folder, 'tsconfig.json'))
    assert.equal(await succeeded(folder, 'npx', 'tsc'), '')
  })

  it('makes a project that works, serves it, and survives kill -9 in a server of one’s own: the first hour', () =>
    firstHour(installation))

  it('researches offline from the corpus it ships, each claim of the report cited', async () => {
    const goal = 'Summarize the latest advances in multimodal LLMs and suggest three open research problems'
    const ended = await run(installation.project, 'npx', 'concord', 'run', goal, '--source', 'corpus')
    assert.equal(ended.code, 0, ended.stderr)
    assert.ok((ended.stdout.match(/arxiv\.org\/abs\/\d{4}\.\d{5}/g)?.length ?? 0) >= 10, ended.stdout)
  })
})
