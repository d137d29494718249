import { resolve } from 'node:path'
import { command } from '../command.ts'
import { scaffold } from '../init/scaffold.ts'
import { openTerminal } from '../terminal.ts'

export const initCommand = command({
  name: 'init',
  summary: 'Make a new project: a small team of code agents that works without a key, with a test',
  positionals: [{ name: 'dir', description: 'where; default here. Nothing there is overwritten' }],
  options: {},
  examples: ['concord init my-team'],
  async run([dir = '.'], values) {
    const terminal = openTerminal(values['no-color'])
    const { files, goal } = scaffold(resolve(dir))
    terminal.err(`Made ${files.join(', ')}\n\nNext:\n`)
    const steps = [
      ...(dir === '.' ? [] : [`cd ${dir}`]),
      'npm install',
      'npm test',
      `npx concord run "${goal}"`,
      'npx concord trace last',
    ]
    terminal.out(steps.map((step) => `  ${step}\n`).join(''))
    return 0
  },
})
