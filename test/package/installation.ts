import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')
export type Ended = { code: number; stdout: string; stderr: string }
export type PackedFile = { path: string; size: number }

/**
 * The environment of somebody's shell: what npm and the test runner told this process would mislead theirs. Node 24 comes first, as
 * the machine's own may be older; no key, no model and no setting of Concord is inherited.
 */
export const environment = (): NodeJS.ProcessEnv => {
  const foreign =
    /^(npm_(package|lifecycle|command|execpath|node_execpath|config_local_prefix)|INIT_CWD|NODE_TEST|NODE_OPTIONS|CONCORD_|.*_API_KEY)/
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name))
  return {
    ...Object.fromEntries(kept),
    NODE_COMPILE_CACHE: undefined,
    PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
  }
}

/** Runs a program to its end in a folder; rejects only when it cannot be started or takes two minutes. */
export const run = (cwd: string, file: string, ...args: string[]): Promise<Ended> =>
  new Promise((done, reject) => {
    const limits = { timeout: 120_000, maxBuffer: 64 * 1024 * 1024 }
    execFile(file, args, { cwd, env: environment(), ...limits }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(error)
      else done({ code: Number(error?.code ?? 0), stdout, stderr })
    })
  })

export const succeeded = async (cwd: string, file: string, ...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await run(cwd, file, ...args)
  if (code !== 0) throw new Error(`${[file, ...args].join(' ')} ended with ${code}\n${stdout}\n${stderr}`)
  return stdout
}

/** The package built, packed and installed into an empty project, as from the registry. */
export const install = async (): Promise<Installation> => {
  const folder = await mkdtemp(join(tmpdir(), 'concord-package-'))
  try {
    return await installInto(folder)
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

const installInto = async (folder: string) => {
  const built = join(folder, 'built')
  const project = join(folder, 'project')
  await mkdir(project)
  await succeeded(root, process.execPath, 'scripts/build.ts', '--out', built)
  const [packed] = JSON.parse(await succeeded(built, 'npm', 'pack', '--json', '--pack-destination', folder))
  await writeFile(join(project, 'package.json'), '{ "private": true, "type": "module" }\n')
  const options = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund']
  await succeeded(project, 'npm', 'install', ...options, join(folder, packed.filename))
  await cp(join(import.meta.dirname, 'consumer'), project, { recursive: true })
  return {
    project,
    name: String(packed.name),
    version: String(packed.version),
    bytes: Number(packed.size),
    files: packed.files as PackedFile[],
    installed: join(project, 'node_modules', packed.name),
    /** Adds a package from this repository's own node_modules: nothing is asked of a registry. */
    async link(name: string) {
      const target = join(project, 'node_modules', name)
      await mkdir(dirname(target), { recursive: true })
      await symlink(join(root, 'node_modules', name), target)
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

export type Installation = Awaited<ReturnType<typeof installInto>>
