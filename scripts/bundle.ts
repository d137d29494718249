import { globSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { build, type Plugin } from 'esbuild'

/** The folder of the package that holds its code, all of it at one depth. */
export const libFolder = 'lib'

const slashes = (path: string): string => path.replaceAll('\\', '/')

/**
 * A module that finds files beside itself by `import.meta.url` still finds them, whichever bundle
 * its code is in.
 */
const atHome = (out: string, folder: string): Plugin => ({
  name: 'at-home',
  setup({ onLoad }) {
    onLoad({ filter: /\.js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8')
      if (!text.includes('import.meta.url')) return { contents: text, loader: 'js' }
      const home = slashes(relative(join(out, folder), path))
      const here = `new URL(${JSON.stringify(home)}, import.meta.url).href`
      return { contents: text.replaceAll('import.meta.url', here), loader: 'js' }
    })
  },
})

const settings = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  packages: 'external',
  logLevel: 'warning',
} as const

/**
 * Puts the compiled modules of a package together: loading two hundred small files takes most of
 * the time that a command takes to start. `entries` are compiled files by the name that each gets
 * under `lib`; modules that processes and threads begin with are bundled where they are. Modules
 * that are in a bundle are deleted.
 */
export const bundle = async (out: string, entries: { [name: string]: string }): Promise<void> => {
  const starts = globSync(['**/*-worker.js', '**/*-process.js'], { cwd: out, exclude: ['template/**'] })
  const inFull = Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, join(out, file)]))
  await build({
    ...settings,
    // Comments name each module by where it was in the package.
    absWorkingDir: out,
    entryPoints: inFull,
    outdir: join(out, libFolder),
    splitting: true,
    chunkNames: '[name]-[hash]',
    plugins: [atHome(out, libFolder)],
  })
  for (const file of starts)
    await build({
      ...settings,
      absWorkingDir: out,
      entryPoints: [join(out, file)],
      outfile: join(out, `${file}.bundled`),
      plugins: [atHome(out, dirname(file))],
    })
  const kept = ['bin/**', 'template/**', `${libFolder}/**`, 'data/**', 'docs/**']
  for (const file of globSync('**/*.js', { cwd: out, exclude: kept })) rmSync(join(out, file))
  for (const file of starts) renameSync(join(out, `${file}.bundled`), join(out, file))
}
