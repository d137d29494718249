import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { configProblems } from './config-shape.ts'
import { findConfig, loadConfig } from './load-config.ts'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'concord-config-')))
after(() => rmSync(folder, { recursive: true, force: true }))

let files = 0
const fileWith = (text: string, extension = 'ts'): string => {
  const path = join(folder, `config-${files++}.${extension}`)
  writeFileSync(path, text)
  return path
}

const refusedAt = async (path: string, place: string, problem: RegExp): Promise<void> => {
  await assert.rejects(loadConfig(path), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'config.invalid')
    assert.ok(error.message.includes(`${path}${place}`), error.message)
    assert.match(error.message, problem)
    assert.match(error.message, /; /, 'says the way out')
    return true
  })
}

describe('loading a config', () => {
  it('finds the nearest one above', async () => {
    const deep = join(folder, 'a/b/c')
    mkdirSync(deep, { recursive: true })
    writeFileSync(join(folder, 'a/concord.config.mjs'), 'export default { team: "above" }')
    assert.equal(findConfig(deep), join(folder, 'a/concord.config.mjs'))
    const config = await loadConfig(findConfig(deep))
    assert.equal(config.team, 'above')
    assert.equal(config.stores?.directory, join(folder, 'a/.concord'), 'runs are kept beside the config')
  })

  it('takes a relative store from the folder of the file', async () => {
    const config = await loadConfig(fileWith('export default { stores: { directory: "data" } }'))
    assert.equal(config.stores?.directory, join(folder, 'data'))
  })

  it('tells file and line of what cannot be parsed, in TypeScript and JavaScript', async () => {
    const broken = 'export default {\n  teams: {\n    a: [1,\n  }\n}\n'
    await refusedAt(fileWith(broken), ':4', /cannot be parsed: Expression expected/)
    await refusedAt(fileWith(broken, 'mjs'), ':4', /cannot be parsed: Unexpected token '}'/)
    await refusedAt(fileWith('const a = 1\nconst a = 2\nexport default {}\n'), ':2', /already been declared/)
    await refusedAt(fileWith('enum A { X }\nexport default {}\n'), ':1', /enum is not supported/)
  })

  it('says how a package that npm made CommonJS becomes one of modules', async () => {
    mkdirSync(join(folder, 'commonjs'))
    const path = join(folder, 'commonjs/concord.config.ts')
    writeFileSync(path, 'import { sep } from "node:path"\nexport default { team: sep }\n')
    writeFileSync(join(folder, 'commonjs/package.json'), '{ "type": "commonjs" }')
    await refusedAt(path, ':1', /outside a module; run "npm pkg set type=module"/)
  })

  it('tells file and line of what is thrown, also by a function it calls', async () => {
    await refusedAt(fileWith('export default {}\n\nthrow new Error("boom")\n'), ':3', /it throws: boom/)
    await refusedAt(fileWith('export default { a: JSON.parse("{") }\n'), ':1', /JSON/)
    await refusedAt(fileWith('export default { model: nowhere }\n'), ':1', /nowhere is not defined/)
  })

  it('tells which import is missing, and where', async () => {
    await refusedAt(
      fileWith('\nimport { x } from "not-installed"\nexport default x\n'),
      ':2',
      /not-installed; run "npm install"/,
    )
    await refusedAt(
      fileWith('import { x } from "./nowhere.ts"\nexport default x\n'),
      ':1',
      /cannot be found: .*nowhere.ts/,
    )
  })

  it('wants a default export', async () => {
    await refusedAt(
      fileWith('export const config = {}\n'),
      '',
      /no default export; write: export default defineConfig/,
    )
  })

  it('tells unknown keys with the nearest one, and wrong types, with their lines', async () => {
    const text = `export default {
  modle: 'openai/gpt-5',
  budget: { tokens: '1000' },
  teams: {
    research: {
      agents: [{ name: 'reader', instrutions: 'Read.' }],
      strategy: 'hierarchial',
    },
  },
}
`
    const path = fileWith(text)
    await refusedAt(path, ':2', /the config has no "modle"; did you mean "model"\?/)
    await refusedAt(path, ':3', /"budget.tokens" must be a number, it is the string "1000"/)
    await refusedAt(
      path,
      ':6',
      /"teams.research.agents.0" has no "instrutions"; did you mean "instructions"\?/,
    )
    await refusedAt(path, ':7', /"teams.research.strategy" must be "hierarchical", it is /)
  })

  it('tells limits of shared state that cannot be', async () => {
    const text = `export default {
  memory: { state: { valueBytesMax: 0, history: { days: 0.5, changes: 1.5, weeks: 1 } } },
  audit: { runs: { days: '90' } },
}
`
    const problems = configProblems(
      (await import(`data:text/javascript,${encodeURIComponent(text)}`)).default,
    ).map(({ problem }) => problem)
    assert.deepEqual(problems, [
      '"memory.state.valueBytesMax" must be a whole number from 1, it is the number 0',
      '"memory.state.history.days" must be a number from 1, it is the number 0.5',
      '"memory.state.history.changes" must be a whole number from 1, it is the number 1.5',
      '"memory.state.history" has no "weeks"; known are: days, changes',
      '"audit.runs.days" must be a number from 1, it is the string "90"',
    ])
    await refusedAt(fileWith(text), ':2', /"memory.state.valueBytesMax" must be a whole number from 1/)
    const fine = { valueBytesMax: 100, watchersMax: 1, history: { days: 30, changes: 1000 } }
    assert.deepEqual(configProblems({ memory: { state: fine }, audit: { runs: { days: 1.5 } } }), [])
  })

  it('accepts what the types accept', () => {
    const config = {
      model: { id: 'scripted/one', outputTokensMax: 10, generate: () => {}, inputTokensBound: () => 1 },
      models: { small: 'openai/gpt-5-mini' },
      teams: {
        t: {
          agents: ['a', { name: 'b', run: () => 1, input: {}, timeoutMs: 1 }],
          plan: () => [],
          bounds: { plansMax: 1 },
        },
      },
      agents: { a: { url: 'http://127.0.0.1:1/run', token: 't', description: 'd' } },
      stores: { kind: 'memory' },
      server: { port: 0 },
      beforeStore: () => ({}),
    }
    assert.deepEqual(configProblems(config), [])
    assert.equal(configProblems(undefined).length, 1)
    assert.match(configProblems([])[0]?.problem ?? '', /the config must be an object, it is a list/)
  })

  it('tells file and line of a team that cannot be assembled, and the path of what is wrong in it', async () => {
    const shop = (members: string) =>
      fileWith(
        `const a = { name: 'a', run: () => 1 }\nexport default {\n  teams: {\n    shop: {\n      agents: [a],\n      ${members}\n    },\n  },\n}\n`,
      )
    await refusedAt(
      shop("planner: 'plannr',"),
      ':6',
      /as in team "shop" agent "plannr" is not defined \(teams\.shop\.planner\)/,
    )
    await refusedAt(
      shop("checker: { name: 'a', run: () => 2 },"),
      ':6',
      /two different agents are called "a" \(teams\.shop\.checker\)/,
    )
    // What is misspelt would count for nothing, and what is not mentioned is allowed.
    for (const [policy, said] of [
      [
        "{ memory: { globl: 'none' } }",
        /"memory" of a policy has no "globl" \(teams\.shop\.policy\.memory\.globl\); it has thread,/,
      ],
      [
        "{ memory: { global: 'raed' } }",
        /"global" in "memory" of a policy cannot be "raed" .*; choose write, read, none/,
      ],
      ["{ memory: 'none' }", /"memory" of a policy is an object, not "none"/],
      ['{ memry: {} }', /a policy has no "memry" .*; it has tools, permissions, memory/],
      ["{ permissions: { compute: 'denied' } }", /cannot be "denied" .*; choose allow, deny, ask/],
      ["{ permissions: { comput: 'deny' } }", /"permissions" of a policy has no "comput"/],
      ['{ tools: { any: true } }', /"any" in "tools" of a policy cannot be a boolean/],
    ] as const)
      await refusedAt(shop(`policy: ${policy},`), ':6', said)
    await refusedAt(
      fileWith('export default {\n  teams: { empty: { agents: [] } },\n}\n'),
      ':2',
      /it has no agents \(teams\.empty\)/,
    )
    await refusedAt(
      fileWith("export default {\n  teams: { t: { agents: ['gone'] } },\n}\n"),
      ':2',
      /\(teams\.t\.agents\.0\)/,
    )
  })
})
