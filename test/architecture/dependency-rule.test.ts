import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { filesLike } from '../../scripts/files.ts'
import { importsIn, importsOf, targetOf, withoutComments } from './imports.ts'

const core = ['ports', 'domain']
const agentRooms = ['runtime', 'policy', 'verification', 'memory', ...core]
const teamRooms = ['agent', 'learning', ...agentRooms]
const everything = [
  'platform',
  'orchestration',
  'teams',
  'stores',
  'models',
  'tools',
  'transports',
  'testing',
  'audit',
  ...teamRooms,
]

/** Which rooms a room may import, types included (ARCHITECTURE.md says why). */
const mayImport: { [room: string]: string[] } = {
  domain: [],
  ports: ['domain'],
  policy: core,
  verification: core,
  memory: core,
  audit: core,
  learning: core,
  runtime: core,
  agent: agentRooms,
  orchestration: teamRooms,
  teams: ['orchestration', ...teamRooms],
  stores: core,
  models: core,
  tools: core,
  transports: core,
  remote: ['memory', 'stores', ...core],
  testing: core,
  platform: everything,
  simulation: everything.filter((room) => room !== 'platform'),
  server: ['platform', 'remote', ...core],
  cli: ['platform', 'simulation', 'server', ...core],
}

/** Rooms that may use npm packages and node's I/O modules; the others may hash. */
const outward = new Set([
  'stores',
  'models',
  'tools',
  'transports',
  'remote',
  'platform',
  'simulation',
  'server',
  'cli',
])
const contractSuites = /^src\/testing\/contracts\//

const sources = filesLike('src/**/*.ts').filter((file) => !file.endsWith('.test.ts'))
const roomOf = (file: string): string | undefined => /^src\/([^/]+)\//.exec(file)?.[1]

describe('the dependency rule', () => {
  it('has sources and imports to look at', () => {
    assert.ok(sources.length > 50, `only ${sources.length} sources found`)
    assert.ok(sources.flatMap(importsOf).length > 100)
  })

  it('knows every room', () => {
    const rooms = new Set(sources.map(roomOf).filter((room) => room !== undefined))
    for (const room of rooms) assert.ok(room in mayImport, `src/${room} is not a room of ARCHITECTURE.md`)
  })

  it('lets a room import only what it may', () => {
    const wrong: string[] = []
    for (const file of sources) {
      const room = roomOf(file)
      if (room === undefined) continue
      for (const imported of importsOf(file).filter((path) => path.startsWith('.'))) {
        const target = targetOf(file, imported)
        const other = roomOf(target)
        if (other === room) continue
        if (other === undefined || !mayImport[room]?.includes(other)) wrong.push(`${file} imports ${target}`)
      }
    }
    assert.deepEqual(wrong, [])
  })

  it('keeps stores, models, tools and transports from each other within a room of adapters', () => {
    const families = /^src\/stores\/(sqlite|redis|postgres|volatile)\//
    const wrong = sources.flatMap((file) => {
      const family = families.exec(file)?.[1]
      if (family === undefined) return []
      return importsOf(file)
        .map((imported) => targetOf(file, imported))
        .filter((target) => (families.exec(target)?.[1] ?? family) !== family)
        .map((target) => `${file} imports ${target}`)
    })
    assert.deepEqual(wrong, [])
  })

  it('keeps npm packages and node I/O out of the core', () => {
    const wrong: string[] = []
    for (const file of sources) {
      const room = roomOf(file)
      if (room === undefined || outward.has(room)) continue
      const allowed = contractSuites.test(file)
        ? ['node:crypto', 'node:test', 'node:assert/strict']
        : ['node:crypto']
      for (const imported of importsOf(file))
        if (!imported.startsWith('.') && !allowed.includes(imported))
          wrong.push(`${file} imports ${imported}`)
    }
    assert.deepEqual(wrong, [])
  })

  it('lets the core read no clock, set no timer and draw no chance by itself', () => {
    const forbidden =
      /\b(Date\.now|new Date\(\)|Math\.random|randomUUID|randomBytes|setTimeout|setInterval|setImmediate|performance\.now|process\.)\b/
    const wrong = sources.flatMap((file) => {
      const room = roomOf(file)
      if (room === undefined || room === 'testing' || outward.has(room)) return []
      const lines = withoutComments(readFileSync(file, 'utf8')).split('\n')
      return lines.filter((line) => forbidden.test(line)).map((line) => `${file}: ${line.trim()}`)
    })
    assert.deepEqual(wrong, [])
  })

  it('keeps the client to what browsers have: nothing it runs is a package or a module of node', () => {
    const erased = /\b(?:import|export)\s+type\b[^'"]*['"][^'"]+['"]/g
    const seen = new Set<string>()
    const wrong: string[] = []
    const look = (file: string): void => {
      if (seen.has(file)) return
      seen.add(file)
      const text = withoutComments(readFileSync(file, 'utf8')).replaceAll(erased, '')
      for (const imported of importsIn(text))
        if (imported.startsWith('.')) look(targetOf(file, imported))
        else wrong.push(`${file} imports ${imported}`)
    }
    look('src/client.ts')
    assert.ok(seen.size > 10, `only ${seen.size} files found`)
    assert.deepEqual(wrong, [])
  })

  it('lets only one file reach the stores, the one that puts beforeStore in front of them', () => {
    const reaching = sources.filter(
      (file) =>
        !file.startsWith('src/stores/') &&
        importsOf(file).some((path) => /stores\/(sqlite|redis|postgres|volatile)\//.test(path)),
    )
    assert.deepEqual(reaching, ['src/platform/stores.ts'])
  })
})
