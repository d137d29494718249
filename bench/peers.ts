import { spawn } from 'node:child_process'
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { workFolder } from './folder.ts'
import type { Row } from './rows.ts'
import type { SubjectOptions, SubjectRef } from './subject.ts'

type Work = 'pipeline' | 'fanOut' | 'toolLoop'
type Peer = {
  name: string
  label: string
  does: { [work in Work]?: { names: string[]; durable?: string[] } }
}

/** What each peer can do here: `durable` are the kinds of durability its own SQLite store can be told to have. */
const peers: readonly Peer[] = [
  {
    name: 'langgraph',
    label: 'LangGraph',
    does: {
      pipeline: { names: ['pipeline', 'functionalPipeline'], durable: ['process', 'power'] },
      fanOut: { names: ['fanOut'], durable: ['process', 'power'] },
      toolLoop: { names: ['toolLoop'], durable: ['process'] },
    },
  },
  {
    name: 'mastra',
    label: 'Mastra',
    does: {
      pipeline: { names: ['pipeline'], durable: ['process'] },
      fanOut: { names: ['fanOut'], durable: ['process'] },
      toolLoop: { names: ['toolLoop'] },
    },
  },
  {
    name: 'openai-agents',
    label: 'OpenAI Agents',
    does: {
      pipeline: { names: ['pipeline'] },
      fanOut: { names: ['fanOut'] },
      toolLoop: { names: ['toolLoop'] },
    },
  },
  { name: 'ai-sdk', label: 'AI SDK', does: { toolLoop: { names: ['toolLoop'] } } },
  {
    name: 'voltagent',
    label: 'VoltAgent',
    does: {
      pipeline: { names: ['pipeline'] },
      fanOut: { names: ['fanOut'] },
      toolLoop: { names: ['toolLoop'] },
    },
  },
]

const installWithinMs = 300_000

const npmInstall = (folder: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock']
    const child = spawn('npm', args, {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: installWithinMs,
    })
    let problem = ''
    child.stderr.on('data', (text) => {
      problem += text
    })
    child.on('error', (error) => resolve(error.message))
    child.on('exit', (code) =>
      resolve(code === 0 ? undefined : problem.trim().split('\n')[0] || `npm: ${code}`),
    )
  })

/** The strings of an exported object of a peer's file, read from its text: the file cannot be imported before its packages are there. */
const exportedTable = (source: string, name: string): { [key: string]: string } => {
  const body = new RegExp(`export const ${name} = \\{([^}]*)\\}`).exec(source)?.[1] ?? ''
  return Object.fromEntries(
    [...body.matchAll(/'?([@\w/-]+)'?: '([^']+)'/g)].map(([, key = '', version = '']) => [key, version]),
  )
}

/** A peer's packages in a folder of its own, with its file beside them so that Node finds them from it. The file's URL, or why not. */
export const installPeer = async (
  peer: Pick<Peer, 'name' | 'label'>,
): Promise<{ file: URL } | { problem: string }> => {
  const folder = join(await workFolder(), 'peers', peer.name)
  await mkdir(folder, { recursive: true })
  const source = new URL(`peers/${peer.name}.js`, import.meta.url)
  const text = await readFile(source, 'utf8')
  const wanted = JSON.stringify({
    private: true,
    type: 'module',
    dependencies: exportedTable(text, 'packages'),
    overrides: exportedTable(text, 'overrides'),
  })
  const before = await readFile(join(folder, 'installed.json'), 'utf8').catch(() => '')
  if (before !== wanted) {
    await writeFile(join(folder, 'package.json'), wanted)
    console.log(`installing ${peer.label} ...`)
    const problem = await npmInstall(folder)
    if (problem !== undefined) return { problem }
    await writeFile(join(folder, 'installed.json'), wanted)
  }
  const file = join(folder, `${peer.name}.js`)
  await copyFile(source, file)
  return { file: pathToFileURL(file) }
}

export type Peers = {
  /** The peers that can do a row's work, as subjects. */
  of(row: Row): SubjectRef[]
  /** Each peer's shortest run, to see what it takes to start. */
  starts(): SubjectRef[]
}

const workOf = (name: string): Work | undefined =>
  name === 'pipeline' || name === 'fanOut' || name === 'toolLoop' ? name : undefined

const variant = (name: string): string => (name === 'functionalPipeline' ? ', functional API' : '')

const storeOf = (name: string, options: SubjectOptions): string => {
  if (options.kind === 'memory') return ''
  return name === 'mastra' ? ', libSQL as it opens it' : ', SQLite'
}

/** Installs all peers; says which could not be. Durability FULL is asked only of stores that can be told so. */
export const installPeers = async (): Promise<Peers> => {
  const files = new Map<string, URL>()
  for (const peer of peers) {
    const installed = await installPeer(peer)
    if ('file' in installed) files.set(peer.name, installed.file)
    else console.log(`${peer.label} could not be installed: ${installed.problem}`)
  }
  return {
    starts: () =>
      peers.flatMap(({ name, label, does }) => {
        const file = files.get(name)
        const work = does.pipeline === undefined ? 'toolLoop' : 'pipeline'
        return file === undefined ? [] : [{ label, file, name: work }]
      }),
    of: ({ concord, others = [] }) =>
      [concord, ...others.filter(({ file }) => file.href === concord.file.href)].flatMap((subject) => {
        const { options = {} } = subject
        const work = workOf(subject.name)
        if (work === undefined || options.metered === true) return []
        return peers.flatMap((peer) => {
          const does = peer.does[work]
          const file = files.get(peer.name)
          if (does === undefined || file === undefined) return []
          if (options.kind !== 'memory' && !does.durable?.includes(String(options.durability ?? 'process')))
            return []
          return does.names.map(
            (name): SubjectRef => ({
              label: `${peer.label}${variant(name)}${storeOf(peer.name, options)}${options.turns === undefined ? '' : `, ${options.turns} turns`}`,
              file,
              name,
              options,
              ...(subject.perWork === undefined ? {} : { perWork: subject.perWork }),
            }),
          )
        })
      }),
  }
}
