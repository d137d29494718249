import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { type Ended, project, root } from './project.ts'

const config = `
import { agent, defineConfig, team } from '${pathToFileURL(join(root, 'src/index.ts')).href}'
const recorder = agent({
  name: 'recorder',
  run: async ({ goal }, context) => {
    if (goal === 'fail') throw new Error('cannot answer that')
    const { facts = [] } = await context.recalled()
    return [goal, ...(await context.thread()).map((turn) => turn.goal), ...facts.map(({ fact }) => '(' + fact + ')')].join(' < ')
  },
  attemptsMax: 1,
})
export default defineConfig({ team: 'recorder', teams: { recorder: team({ agents: [recorder] }) } })
`

describe('concord chat', () => {
  const { folder, env, concord } = project(config)

  const chat = (input: string, ...args: string[]): Promise<Ended> =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [join(root, 'bin/concord.js'), 'chat', ...args], {
        cwd: folder,
        env,
      })
      let [stdout, stderr] = ['', '']
      child.stdout.setEncoding('utf8').on('data', (text) => {
        stdout += text
      })
      child.stderr.setEncoding('utf8').on('data', (text) => {
        stderr += text
      })
      child.on('error', reject)
      child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
      child.stdin.end(input)
    })

  it('answers each line of a pipe in turn, knowing what came before', async () => {
    const { code, stdout, stderr } = await chat('one\n\ntwo\nthree\n')
    assert.equal(stderr, '')
    assert.equal(code, 0)
    assert.deepEqual(stdout.trim().split('\n'), ['one', 'two < one', 'three < two < one'])
  })

  it('takes a word behind a slash for itself, not for a goal', async () => {
    const { stdout, stderr } = await chat('/help\n/foo\n/etc/hosts is what?\n/exit\n')
    assert.equal(stdout, '/etc/hosts is what?\n')
    assert.match(stderr, /^Each line is a goal.*\nCannot do \/foo as there are \/help and \/exit only/)
  })

  it('goes on with a thread that is named, and keeps what is said of a subject for other threads', async () => {
    await chat('My dog is called Rex\n/exit\nnever said\n', '--thread', 'x', '--subject', 'ada')
    const again = await chat('and then?\n', '--thread', 'x', '--subject', 'ada')
    assert.equal(again.stdout, 'and then? < My dog is called Rex\n')
    const other = await chat('Where is my dog?\n', '--thread', 'y', '--subject', 'ada')
    assert.equal(other.stdout, 'Where is my dog? < (My dog is called Rex)\n')
    const ran = await concord('run', 'Which dog?', '--thread', 'y', '--subject', 'ada')
    assert.equal(ran.stdout, 'Which dog? < Where is my dog? < (My dog is called Rex)\n')
  })

  it('says what failed, goes on, and ends with the code of the last answer', async () => {
    const { code, stdout, stderr } = await chat('fail\nnext\n')
    assert.match(stderr, /cannot answer that/)
    assert.equal(stdout, 'next\n')
    assert.equal(code, 0)
    assert.equal((await chat('fail\n')).code, 1)
  })
})
