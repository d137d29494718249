/* What the compiler knows of a team's answer. */
import { z } from 'zod'
import {
  agent,
  type Concord,
  defineConfig,
  type Json,
  openConcord,
  plan,
  type RunHandle,
  team,
} from '../../src/index.ts'
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

const params = z.object({ urls: z.array(z.string()), depth: z.number().default(1) })
const reading = team({
  agents: [adder],
  plan: plan({ params }, ({ step, params: { depth } }) => step('sum', adder, { counts: [depth] })),
})

export const goals = async () => {
  const concord = await openConcord({ config: { teams: { reading } } })
  const sum = await concord.result({ text: 'Read', params: { urls: ['a'] } })
  same<typeof sum, number>()
  await concord.start({ text: 'Read', team: 'reading', params: { urls: ['a'], depth: 2 } })
  await concord.run({ text: 'Look for it', team: 'research', params: { source: 'corpus' } })
  // @ts-expect-error: the plan needs params
  await concord.start('Read')
  // @ts-expect-error: the plan needs params
  await concord.result({ text: 'Read', team: 'reading' })
  // @ts-expect-error: a list of texts
  await concord.run({ text: 'Read', team: 'reading', params: { urls: 'a' } })
  const several = await openConcord({ config: { team: 'shop', teams: { shop, reading } } })
  await several.start('Sell')
  // @ts-expect-error: this team's plan needs params
  await several.start({ text: 'Read', team: 'reading' })
  // Whoever takes any Concord takes this one.
  const any: Concord = several
  return any.start({ text: 'Read', team: 'reading' })
}
