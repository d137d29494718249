import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { dirname, join, posix } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type Installation, install, root, run, succeeded } from './installation.ts'

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
    for (const needed of ['index.js', 'index.d.ts', 'cli/main.js', 'bin/concord.js', 'LICENSE', 'README.md'])
      assert.ok(paths.includes(needed), `${needed} is missing`)
    assert.ok(paths.includes('data/corpus/multimodal-llm.jsonl'))
    const foreign =
      /\.test\.|(^|\/)(fixtures|test|node_modules|\.concord|\.tmp)\/|(?<!\.d)\.ts$|\.tsbuildinfo$|\.map$/
    assert.deepEqual(
      paths.filter((path) => foreign.test(path)),
      [],
    )
    assert.deepEqual(
      installation.files.filter(({ size }) => size > fileBytesMax),
      [],
    )
  })

  it('names no place of the machine that built it', async () => {
    const registry = new URL((await succeeded(root, 'npm', 'config', 'get', 'registry')).trim()).host
    const places = [
      root,
      `${homedir()}/`,
      `${tmpdir()}/`,
      'file:///',
      ...(registry === 'registry.npmjs.org' ? [] : [registry]),
    ]
    const found = (await texts()).flatMap(({ path, text }) =>
      places.filter((place) => text.includes(place)).map((place) => `${path}: ${place}`),
    )
    assert.deepEqual(found, [])
  })

  it('imports only files that it holds, and packages that its package.json names', async () => {
    const paths = new Set(installation.files.map(({ path }) => path))
    const described = JSON.parse(await readFile(join(installation.installed, 'package.json'), 'utf8'))
    const named = new Set([
      ...Object.keys(described.dependencies),
      ...Object.keys(described.peerDependencies),
    ])
    const code = (await texts()).filter(({ path }) => /\.js$/.test(path))
    const imports = code.flatMap(({ path, text }) =>
      [
        ...text.matchAll(
          /^(?:import|export)\s(?:[^'";]*?\sfrom\s)?['"]([^'"\n]+)['"]|\bimport\(\s*'([^'\n]+)'/gm,
        ),
      ].map(([, atLoad, lazily]) => ({ path, wanted: atLoad ?? lazily ?? '' })),
    )
    assert.ok(imports.length > 200, `only ${imports.length} imports found`)
    const missing = imports.filter(({ path, wanted }) => {
      if (wanted.startsWith('node:')) return false
      if (wanted.startsWith('.')) return !paths.has(posix.join(dirname(path), wanted))
      return !named.has(
        wanted
          .split('/')
          .slice(0, wanted.startsWith('@') ? 2 : 1)
          .join('/'),
      )
    })
    assert.deepEqual(missing, [])
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
    await succeeded(installation.project, process.execPath, tsc, ...options.split(' '), 'use-types.ts')
    assert.match(
      await succeeded(installation.project, process.execPath, 'use-types.ts'),
      /the types work: \{"value":42\}/,
    )
  })

  it('is the command concord', async () => {
    assert.match(
      await succeeded(installation.project, 'npx', 'concord', '--version'),
      new RegExp(`^concord ${installation.version} `),
    )
    assert.match(
      await succeeded(installation.project, 'npx', 'concord', '--help'),
      /Usage: concord <command>/,
    )
    const wrong = await run(installation.project, 'npx', 'concord', 'rnu')
    assert.equal(wrong.code, 2)
    assert.match(wrong.stderr, /^error: Cannot .+ as .+; did you mean "concord run"\?/)
  })
})
