/**
 * `npm run build [-- --out <folder>]` writes the package that is published: compiled JavaScript and types, the command, the
 * bundled corpus and a package.json of its own. Names and versions come from the root's package.json, what depends on what from
 * the compiled code: imported at load it is a dependency, imported lazily and only a development dependency here it is an
 * optional peer.
 */
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { bundle, libFolder } from './bundle.ts'

type Versions = { [name: string]: string }
type Root = {
  name: string
  version: string
  description: string
  license: string
  type: string
  engines: Versions
  bin: Versions
  exports: { [entry: string]: string }
  dependencies: Versions
  devDependencies: Versions
}
type Uses = { atLoad: Set<string>; lazily: Set<string> }

const root = resolve(import.meta.dirname, '..')
const manifest: Root = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const copied = [
  'bin',
  'data/corpus',
  'template',
  'docs/guides',
  'LICENSE',
  'NOTICE',
  'SECURITY.md',
  'CHANGELOG.md',
]
/** Of the package, not of the repository: what its reader has and does is another. */
const packageReadme = 'docs/package/README.md'

const fail = (message: string): never => {
  console.error(message)
  process.exit(1)
}

/** Removes what an earlier build left; a folder that is something else is not touched. */
const emptied = (out: string): void => {
  const earlier = join(out, 'package.json')
  const ours = existsSync(earlier) && JSON.parse(readFileSync(earlier, 'utf8')).name === manifest.name
  const ownSource = existsSync(join(out, 'src'))
  if (existsSync(out) && readdirSync(out).length > 0 && (!ours || ownSource))
    fail(
      `Cannot build into ${out} as it must be empty or an earlier build: it holds other files; name another folder`,
    )
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out, { recursive: true })
}

const compile = (out: string): void => {
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const config = join(root, 'tsconfig.build.json')
  const { status } = spawnSync(process.execPath, [tsc, '-p', config, '--outDir', out], { stdio: 'inherit' })
  if (status !== 0) fail('Cannot build as the sources must compile: see the errors above')
}

/** The compiler rewrites the extensions of imports in code, but not in declarations. */
const rewriteDeclarations = (out: string): void => {
  for (const file of globSync('**/*.d.ts', { cwd: out })) {
    const path = join(out, file)
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, text.replaceAll(/((?:from |import\()(['"])\.{1,2}\/[^'"\n]*)\.ts\2/g, '$1.js$2'))
  }
}

/** What `concord serve` shows at `/`. */
const buildPage = (out: string): void => {
  const { status } = spawnSync(process.execPath, [join(root, 'web/build.ts')], { stdio: 'inherit' })
  if (status !== 0) fail('Cannot build as the page must be built: see the errors above')
  const isShown = (path: string) => !path.endsWith('.sources')
  cpSync(join(root, 'web/dist'), join(out, 'page'), { recursive: true, filter: isShown })
}

/** A page's links to what only the repository has become plain text. */
const unlinkMissing = (out: string, page: string): void => {
  const path = join(out, page)
  const text = readFileSync(path, 'utf8')
  const kept = text.replaceAll(
    /\[([^\]]+)\]\(([^)#\s]+)(#[^)\s]*)?\)/g,
    (link, label: string, target: string) =>
      /^\w+:/.test(target) || existsSync(join(dirname(path), target)) ? link : label,
  )
  if (kept !== text) writeFileSync(path, kept)
}

/**
 * The command, the corpus, the project that `init` makes, the guides, the legal texts, and files
 * among the sources that are not source code.
 */
const copyRest = (out: string): void => {
  for (const path of copied.filter((path) => existsSync(join(root, path))))
    cpSync(join(root, path), join(out, path), { recursive: true })
  cpSync(join(root, packageReadme), join(out, 'README.md'))
  for (const page of globSync('{*,docs/**/*}.md', { cwd: out })) unlinkMissing(out, page)
  const others = globSync('src/**/*.*', {
    cwd: root,
    exclude: (path) => /(^|\/)fixtures$|\.ts$/.test(path),
  })
  for (const path of others) cpSync(join(root, path), join(out, relative('src', path)))
}

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

const isPackage = (specifier: string): boolean => /^(?!node:)(?:@[\w.-]+\/)?\w[\w.-]*(?:\/|$)/.test(specifier)

/** npm packages that the compiled code imports; texts of programs in it, such as `init`'s, name none. */
const usesOf = (out: string): Uses => {
  const uses: Uses = { atLoad: new Set(), lazily: new Set() }
  const collect = (text: string, pattern: RegExp, names: Set<string>): void => {
    for (const [, specifier = ''] of text.matchAll(pattern))
      if (isPackage(specifier)) names.add(packageOf(specifier))
  }
  for (const file of globSync('**/*.js', { cwd: out })) {
    const text = readFileSync(join(out, file), 'utf8')
    collect(text, /^(?:import|export)\s(?:[^'";]*?\sfrom\s)?['"]([^'"\n]+)['"]/gm, uses.atLoad)
    collect(text, /\bimport\(\s*['"]([^'"\n]+)['"]\s*\)/g, uses.lazily)
  }
  return uses
}

const sorted = (names: Iterable<string>, version: (name: string) => string): Versions =>
  Object.fromEntries([...names].sort().map((name) => [name, `^${version(name)}`]))

const requirementsOf = (uses: Uses) => {
  const { dependencies, devDependencies } = manifest
  const all = new Set([...uses.atLoad, ...uses.lazily])
  const needed = [...all].filter((name) => name in dependencies)
  const peers = [...all].filter((name) => !(name in dependencies))
  for (const name of peers)
    if (!(name in devDependencies) || uses.atLoad.has(name))
      fail(
        `Cannot describe the package as what is imported at load must be in "dependencies", and lazily at least in "devDependencies" of package.json: ${name} is not; add it or import it lazily`,
      )
  return {
    dependencies: sorted(needed, (name) => dependencies[name]!),
    peerDependencies: sorted(peers, (name) => devDependencies[name]!),
    peerDependenciesMeta: Object.fromEntries(peers.sort().map((name) => [name, { optional: true }])),
  }
}

/** Each published entry: the name of its bundle, and its compiled file without an extension. */
const entries = (): { entry: string; name: string; built: string }[] =>
  Object.entries(manifest.exports).map(([entry, source]) => {
    if (!existsSync(join(root, source)))
      fail(`Cannot export ${entry} as its source must exist: no ${source}; write it or remove the entry`)
    const built = source.replace('./src/', './').replace(/\.ts$/, '')
    return { entry, name: entry === '.' ? 'index' : entry.slice('./'.length), built }
  })

const exportsOf = () =>
  Object.fromEntries(
    entries().map(({ entry, name, built }) => [
      entry,
      { types: `${built}.d.ts`, default: `./${libFolder}/${name}.js` },
    ]),
  )

/** What `bin/concord.js` imports. */
const commandEntry = { cli: 'cli/main.js' }

const describe = (out: string, uses: Uses): void => {
  const { name, version, description, license, type, engines, bin } = manifest
  const described = {
    name,
    version,
    description,
    license,
    type,
    engines,
    bin,
    exports: { ...exportsOf(), './package.json': './package.json' },
    files: readdirSync(out).sort(),
    ...requirementsOf(uses),
    publishConfig: { access: 'public' },
  }
  writeFileSync(join(out, 'package.json'), `${JSON.stringify(described, null, 2)}\n`)
}

const { values } = parseArgs({ options: { out: { type: 'string', default: 'dist' } } })
const out = resolve(root, values.out)
emptied(out)
compile(out)
rewriteDeclarations(out)
copyRest(out)
const uses = usesOf(out)
await bundle(out, {
  ...commandEntry,
  ...Object.fromEntries(entries().map(({ name, built }) => [name, `${built}.js`])),
})
buildPage(out)
describe(out, uses)
console.log(`${manifest.name} ${manifest.version} is in ${relative(root, out)}`)
