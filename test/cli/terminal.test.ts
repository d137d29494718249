import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { after, describe, it, type TestContext } from 'node:test'
import { type Project, printedWay, project, root } from './project.ts'

/** Of util-linux: runs a command on a terminal of its own. */
const terminalMaker = 'script'

/** A command on a terminal of its own, made by script(1); what it writes, and a way to type. */
const onTerminal = ({ folder, env }: Project, ...args: string[]) => {
  const command = [process.execPath, join(root, 'bin/concord.js'), ...args]
    .map((word) => `'${word}'`)
    .join(' ')
  const child = spawn(terminalMaker, ['-qefc', command, '/dev/null'], {
    cwd: folder,
    env: { ...env, TERM: 'xterm', NO_COLOR: '1' },
  })
  after(() => child.kill())
  let text = ''
  const looks = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
    for (const look of looks) look()
  })
  const ended = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)))
  return {
    type: (keys: string) => child.stdin.write(keys),
    ended,
    text: () => text,
    shows: (wanted: RegExp | string): Promise<void> =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text)) resolve()
        }
        looks.add(look)
        look()
        void ended.then(() => reject(new Error(`never showed ${wanted}: ${text}`)))
      }),
  }
}

/** To the first column, two lines up, erase to the end. */
const backOverTwo = '\r\u001b[2A\u001b[0J'

const noTerminal = (context: TestContext): boolean => {
  if (spawnSync(terminalMaker, ['--version']).status === 0) return false
  context.skip('script(1) of util-linux is needed to make a terminal')
  return true
}

describe('on a terminal', () => {
  it('redraws one line per step in place and leaves only what is done', async (context) => {
    if (noTerminal(context)) return
    const mine = project()
    const terminal = onTerminal(mine, 'run', 'report', '--team', 'slow')
    await terminal.shows(/gate.*\r\n.*1 of 3 steps done/)
    // The cursor goes back over the lines at work before they are written anew.
    await terminal.shows(backOverTwo)
    mine.open()
    assert.equal(await terminal.ended, 0)
    const lasting = terminal.text().split('\u001b[0J').at(-1) ?? ''
    assert.match(lasting, /# About "nothing"/)
    assert.doesNotMatch(lasting, /steps done/)
  })

  it('asks the person right there and goes on with the answer', async (context) => {
    if (noTerminal(context)) return
    const terminal = onTerminal(project(), 'run', 'greet', '--team', 'asking')
    await terminal.shows(/\? .*Who are you\?/)
    terminal.type('Ann\r')
    await terminal.shows(/Greet "Ann"\? .*\[y, or n and why\]/)
    terminal.type('perhaps\r')
    await terminal.shows(/Please answer y or n/)
    terminal.type('y\r')
    assert.equal(await terminal.ended, 0)
    assert.match(terminal.text(), /hello Ann/)
  })

  it('shows what "concord approve" would approve, and asks', async (context) => {
    if (noTerminal(context)) return
    const mine = project()
    await mine.concord('run', 'publish', '--team', 'publishing')
    const no = onTerminal(mine, 'approve', 'last')
    await no.shows(/Approve step "publish".*Approve\? .*\[y or n\]/s)
    no.type('n\r')
    assert.notEqual(await no.ended, 0)
    const yes = onTerminal(mine, 'approve', 'last')
    await yes.shows(/\[y or n\]/)
    yes.type('y\r')
    assert.equal(await yes.ended, 0)
    assert.match(yes.text(), /Approved in run/)
  })

  it('stops asking when somebody else has answered', async (context) => {
    if (noTerminal(context)) return
    const mine = project()
    const terminal = onTerminal(mine, 'run', 'publish', '--team', 'publishing')
    await terminal.shows(/Approve step "publish"/)
    const { stdout } = await mine.concord('run', 'publish', '--team', 'publishing', '--json')
    assert.equal((await mine.concord(...printedWay(stdout, 'approve'), '--detach')).code, 0)
    assert.equal(await terminal.ended, 0)
    assert.match(terminal.text(), /# About "news"/)
  })

  it('takes Ctrl-C at a question and at work for the wish to stop', async (context) => {
    if (noTerminal(context)) return
    const mine = project()
    const asking = onTerminal(mine, 'run', 'greet', '--team', 'asking')
    await asking.shows(/Who are you\?.*\? .*Who are you\?/s)
    asking.type('\u0003')
    assert.equal(await asking.ended, 130)
    assert.match(asking.text(), /is waiting; continue it: concord resume/)
    const working = onTerminal(mine, 'run', 'report', '--team', 'slow')
    await working.shows(/gate/)
    working.type('\u0003')
    assert.equal(await working.ended, 130)
    assert.match(working.text(), /Suspended run .* with 1 of 3 steps done/)
  })
})
