/* What the compiler knows of a team's answer. */
import { z } from 'zod'
import { agent, defineConfig, type Json, openConcord, plan, type RunHandle, team } from '../../src/index.ts'
import { same } from './equal.ts'

const adder = agent({ name: 'adder', run: ({ counts }: { counts: number[] }) => counts.length })
const shop = team({ agents: [adder], answer: z.object({ total: z.number() }) })
const sums = team({ agents: [adder], plan: plan(({ step }) => step('sum', adder, { counts: [] })) })
const loose = team({ agents: [adder] })

export const answers = async () => {
  const one = await openConcord({ config: { teams: { shop } } })
  same<Awaited<ReturnType<typeof one.result>>, Json>()
  const total = await one.result('Sell')
  same<typeof total, { total: number }>()
  const handle = await one.start({ text: 'Sell', team: 'shop' })
  same<typeof handle, RunHandle<{ total: number }>>()
  // @ts-expect-error: the answer has no such member
  total.price
  const research = await one.result({ text: 'Read', team: 'research' })
  same<typeof research, Json>()

  const config = defineConfig({ team: 'sums', teams: { shop, sums, loose } })
  const many = await openConcord({ config })
  const byDefault = await many.result('Add')
  same<typeof byDefault, number>()
  const named = await many.result({ text: 'Sell', team: 'shop', params: { a: 1 } })
  same<typeof named, { total: number }>()
  const untold = await (await many.start({ text: 'x', team: 'loose' })).result()
  same<typeof untold, Json>()
  const fork = await (await many.start('Add')).fork()
  same<Awaited<ReturnType<typeof fork.result>>, number>()

  const summing = plan(({ step }) => step('s', adder, { counts: [] }))
  // @ts-expect-error: the plan's answer is no object
  team({ agents: [adder], answer: z.object({ total: z.number() }), plan: summing })
}
