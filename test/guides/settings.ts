import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import type { Block } from './page.ts'

/** What a page takes for granted: its reader has read another one before, or has a project. */
export type Setting = {
  /** The reader's `concord.config.ts`. */
  config?: string
  /** Whether `concord serve` is up. */
  serves?: true
  /** Completes a program that shows a part of one. */
  complete?: (code: string, block: Block) => string
  /** Makes what the page names; returns what stands for texts and variables of it here. */
  prepare?(
    folder: string,
    url: string,
    env: NodeJS.ProcessEnv,
  ): Promise<{ texts?: [string, string][]; env?: { [name: string]: string } }>
  /** Blocks of other languages are run elsewhere. */
  only?: readonly string[]
}

const imports =
  "import { agent, defineConfig, key, openConcord, team } from '@concord-agents/concord'\nimport { z } from 'zod'\n"

/** Around code that uses `concord` and some of its parts. */
const withConcord =
  (given = '') =>
  (code: string): string =>
    `${imports}
const concord = await openConcord({ config: { stores: { kind: 'memory' } } })
${given}
{
${code}
}
await concord.close()
`

const memory = (code: string): string =>
  code.includes('export default')
    ? imports + code
    : withConcord(code.includes('const stock') ? '' : "const stock = concord.state('team/inventory')")(code)

/** Around code that stands in an agent, or decides about a run. */
const inAgent = (code: string): string => `${imports}
const bank = { transfer: ({ amount, idempotencyKey }) => ({ amount, idempotencyKey }) }
const amount = 10
const clerk = agent({
  name: 'clerk',
  run: async (_, ctx) => {
    const stock = ctx.state.in('team/desk')
    ${code.includes('concord.') ? "if (!(await ctx.approve('Pay 10?'))) throw new Error('rejected')" : `{\n${code}\n}`}
    return 'done'
  },
})
const config = { stores: { kind: 'memory' }, teams: { desk: team({ agents: [clerk] }) } }
const concord = await openConcord({ config })
const { id: run } = await concord.run('Go.')
${code.includes('concord.') ? code : ''}
if ((await (await concord.handle(run)).result()) !== 'done') throw new Error('it did not come to its end')
await concord.close()
`

const team = (agents: string) => `import { agent, defineConfig, team } from '@concord-agents/concord'
export default defineConfig({ ${agents} })
`

const post = async (url: string, body: object): Promise<string> => {
  const headers = { 'content-type': 'application/json', prefer: 'respond-async' }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  return ((await answer.json()) as { runId: string }).runId
}

/** A run of the server that waits for an approval. */
const waitingRun = async (url: string): Promise<{ run: string; hash: string }> => {
  const run = await post(`${url}/goal`, { goal: 'Pay.', team: 'desk' })
  for (;;) {
    const answer = await fetch(`${url}/runs/${run}`)
    const { waits } = (await answer.json()) as { waits: { hash?: string }[] }
    if (waits[0]?.hash !== undefined) return { run, hash: waits[0].hash }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

export const settings: { readonly [page: string]: Setting } = {
  'README.md': { only: ['ts'], complete: withConcord() },
  'docs/guides/memory.md': { complete: memory },
  'docs/guides/knowledge.md': {
    complete: withConcord("const text = 'Warfarin was stopped after a bleeding.'"),
  },
  'docs/guides/writing-agents.md': { complete: inAgent },
  'docs/guides/live-memory.md': {
    config: team(`teams: { help: team({ agents: [agent({ name: 'helper', run: () => 'helped' })] }) }`),
  },
  'docs/guides/audit.md': {
    config: team(`teams: { desk: team({ agents: [agent({ name: 'clerk', run: () => 'done' })] }) }`),
    async prepare(folder, _url, env) {
      execFileSync('concord', ['run', 'Something to sign.', '--team', 'desk'], {
        cwd: folder,
        env,
        stdio: 'ignore',
      })
      return { texts: [["'/keys", `'${join(folder, 'keys')}`]] }
    },
  },
  'docs/guides/http.md': {
    serves: true,
    config: team(
      `team: 'research', teams: { desk: team({ agents: [agent({ name: 'pay', run: (_, ctx) => ctx.approve('Pay?') })] }) }`,
    ),
    async prepare(_, url) {
      const { run, hash } = await waitingRun(url)
      return { texts: [['1f3c9a2b10cd', hash.slice(0, 12)]], env: { RUN: run } }
    },
  },
}

/**
 * Pages whose programs need more than a reader has, such as servers of models; those tests run
 * each of their blocks.
 */
export const runElsewhere: { readonly [page: string]: string } = {
  'docs/guides/ai-sdk.md': 'test/guides/ai-sdk.test.ts',
  'docs/guides/models.md': 'test/guides/models.test.ts',
  'docs/guides/verification.md': 'test/verification-guide.test.ts',
}
