import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { type Ended, project, root } from './project.ts'

/** Title, clear screen, hyperlink, clipboard, bell, backspace, C1, DEL, carriage return, right-to-left override. */
const hostile =
  '\u001b]0;title\u0007\u001b[2J\u001b]8;;http://x\u001b\\\u001b]52;c;eA==\u0007\b\u009b31m\u009d\u007f\r\u202egpj\u2066\u001b[31mred'
const parts = [
  '\u001b]',
  '\u001b[2J',
  '\u0007',
  '\b',
  '\u009b',
  '\u009d',
  '\u007f',
  '\r',
  '\u202e',
  '\u2066',
  '\u001b[31mred',
]

// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for
const colorCode = /\u001b\[\d+m/g

const titles = [
  'Blackboards for agents with shared memory',
  'Shared memory of agents under contention',
  'When agents with shared memory forget',
  'A benchmark of agents with shared memory',
]
const surnames = ['Schulze', 'Okafor', 'Lindqvist', 'Tanaka']
const abstracts = [
  'We present a blackboard through which agents with shared memory coordinate. It improves the accuracy of planning by 12 % over message passing on three tasks.',
  'Agents with shared memory contend for the same keys. We show that versions and leases reduce lost updates from 9 % to none in a warehouse simulation.',
  'We study how agents with shared memory evict what they know. A policy that keeps recent facts outperforms random eviction, but it loses rare facts.',
  'We introduce a benchmark of 400 dialogues for agents with shared memory. Current systems answer only 41 % of its questions; long delays remain an open problem.',
]

const escapedJson = (value: object): string =>
  JSON.stringify(value).replace(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)

const config = `
import { agent, defineConfig, team } from '${pathToFileURL(join(root, 'src/index.ts')).href}'
const h = ${JSON.stringify(hostile)}
export default defineConfig({
  team: 'says',
  teams: {
    says: team({ description: 'd' + h, agents: [agent({ name: 'sayer', description: 'says' + h, run: async (input, { state }) => {
      await state.in('global').set('k' + h, { [h]: h })
      return { markdown: 'one' + h + '\\n\\ttwo ' + JSON.stringify(input.goal), raw: h }
    } })] }),
    fails: team({ agents: [agent({ name: 'breaker', attemptsMax: 1, run: () => { throw new Error('broken ' + h) } })] }),
    asks: team({ agents: [agent({ name: 'asker', run: (_, context) => context.approve('Really ' + h + '?') })] }),
    plans: team({ agents: [agent({ name: 'sayer', run: () => h })], plan: () => [{ id: 'a', agent: 'nobody' + h }] }),
  },
})
`

describe('text from outside', () => {
  const { concord, folder, env } = project()
  writeFileSync(join(folder, 'hostile.config.ts'), config)
  mkdirSync(join(folder, 'papers'))
  writeFileSync(
    join(folder, 'papers', 'p.jsonl'),
    abstracts
      .map((abstract, i) =>
        escapedJson({
          title: `${titles[i]} <img src=x onerror=alert(1)> | \`code\` [link](http://x) ${hostile}`,
          abstract: `${abstract} Agents fail when memory is stale${hostile}.`,
          authors: [`Ann ${hostile} Meyer`, `<b>Bo</b> ${surnames[i]}`],
          published: `202${i + 1}-01-01`,
          url: `https://x.example/${i}|<img src=x>`,
        }),
      )
      .join('\n'),
  )
  writeFileSync(join(folder, 'note.md'), `# Note ${hostile}\n\nText ${hostile}`)

  const isSafe = ({ stdout, stderr }: Ended, what: string, colors = false) => {
    for (const text of [stdout, stderr]) {
      const told = colors ? text.replaceAll(colorCode, '') : text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      const found = /[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/.exec(told)
      assert.equal(
        found,
        null,
        `${what}: ${JSON.stringify(text.slice(Math.max(0, (found?.index ?? 0) - 80)))}`,
      )
    }
    for (const part of parts)
      if (colors) assert.ok(!(stdout + stderr).includes(part), `${what}: ${JSON.stringify(part)}`)
  }
  const run = async (...args: string[]) => {
    const ended = await concord(...args, '--config', 'hostile.config.ts')
    isSafe(ended, args.join(' '))
    return ended
  }

  it('reaches the terminal as code points, by every command that shows it', async () => {
    const goal = `tell me ${hostile}`
    const { stdout } = await run('run', goal)
    assert.match(stdout, /one\\u001b\]0;title\\u0007/)
    assert.match(stdout, /\n\ttwo /)
    assert.equal((await run('run', goal, '--team', 'fails')).code, 1)
    assert.equal((await run('run', goal, '--team', 'asks')).code, 4)
    await run('run', goal, '--team', 'plans')
    const commands = [
      ['runs'],
      ['agents'],
      ['trace', 'last'],
      ['why', 'last'],
      ['memory', 'history', 'global', `k${hostile}`],
      ['audit', 'export'],
      [hostile],
    ]
    for (const command of commands) await run(...command)
  })

  it('stays the same in JSON, and is safe there and with colours too', async () => {
    const { stdout } = await run('run', `again ${hostile}`, '--json')
    assert.equal(JSON.parse(stdout).output.raw, hostile)
    const listed = await run('runs', '--json')
    assert.equal(JSON.parse(listed.stdout)[0].goal.text, `again ${hostile}`)
    env.FORCE_COLOR = '1'
    for (const command of [
      ['trace', 'last'],
      ['run', `third ${hostile}`],
    ]) {
      const ended = await concord(...command, '--config', 'hostile.config.ts')
      isSafe(ended, command.join(' '), true)
    }
    delete env.FORCE_COLOR
  })

  it('is no markup in a report, printed or in a file', async () => {
    const args = [
      'run',
      'agents with shared memory <img src=x> | [link](http://x)',
      '--team',
      'research',
      '--corpus',
      'papers',
    ]
    const printed = await concord(...args)
    isSafe(printed, 'report')
    await concord(...args, '--new', '--output', 'report.md')
    const file = readFileSync(join(folder, 'report.md'), 'utf8')
    isSafe({ ...printed, stdout: file }, 'file')
    for (const report of [printed.stdout, file]) {
      assert.match(report, /^# .*/, printed.stderr)
      assert.match(report, /&lt;img/)
      assert.doesNotMatch(report, /<[a-z!/]/i)
      assert.doesNotMatch(report, /(?<![\\\n ])[|]|(?<!\\)(?:`|\]\()/)
    }
  })
})
