/* What the compiler says of plans: run by `tsc -p .`, where an unused @ts-expect-error is an error. */
import { z } from 'zod'
import { agent, type Json, key, type PlanFunction, plan, type Ref } from '../../src/index.ts'
import { same } from './equal.ts'

const reader = agent({
  name: 'reader',
  input: z.object({ url: z.string(), depth: z.number().default(1) }),
  output: z.object({
    title: z.string(),
    words: z.number(),
    author: z.object({ name: z.string() }).optional(),
  }),
  run: ({ url, depth }) => ({ title: url, words: depth }),
})
const adder = agent({
  name: 'adder',
  run: ({ counts }: { counts: number[] }) => ({ sum: counts.length, of: new Date() }),
})
const writer = agent({
  name: 'writer',
  input: z.object({ text: z.string(), kind: z.enum(['note', 'letter']) }),
  instructions: ({ text }) => text,
})
const anyone = agent({ name: 'anyone', run: (input) => input })
const goalReader = agent({ name: 'goal-reader', run: ({ goal }: { goal: string }) => goal.length })
const stock = key('stock', z.object({ lamps: z.number() }))

export const typed = plan({ params: z.object({ urls: z.array(z.string()) }) }, (writing) => {
  const { step, forEach, parallel, equals, exists, present, state, params, goal } = writing
  same<typeof params, { urls: string[] }>()
  const one = step('one', reader, { url: goal.text })
  same<typeof one.output.words, Ref<number>>()
  same<typeof one.output.title, Ref<string>>()
  const all = forEach('all', reader, params.urls, (url) => ({ url, depth: one.output.words }))
  const sum = step('sum', adder, { counts: [one.output.words, 3] })
  const maybe = step(
    'maybe',
    writer,
    { text: one.output.title, kind: 'note' },
    { when: equals(one.output.words, 3) },
  )
  same<typeof maybe.output, Ref<string | null>>()
  const weak = step('weak', adder, { counts: [] }, { optional: true })
  const lists = forEach('lists', adder, all.output, (page) => ({ counts: [page.words] }), { optional: true })
  same<typeof sum.output.of, Ref<string>>()
  step('plain', goalReader)
  step('free', anyone, { any: ['thing', one.output, { deep: state('x') }] })
  step('free-2', anyone)
  step('stocked', adder, { counts: [state(stock).lamps] })
  step(
    'deep',
    writer,
    { text: present(present(one.output.author).name), kind: 'letter' },
    { when: exists(weak.output) },
  )
  const [left, right] = parallel(
    () => step('left', adder, { counts: [] }),
    () => step('right', reader, { url: 'x' }),
  )
  step('after', adder, { counts: [left.output.sum, right.output.words] })

  // @ts-expect-error: a text where a number is wanted
  step('wrong', adder, { counts: [one.output.title] })
  // @ts-expect-error: a member that the output does not have
  step('wrong', adder, { counts: [one.output.pages] })
  // @ts-expect-error: a member is missing
  step('wrong', writer, { text: 'x' })
  // @ts-expect-error: another member
  step('wrong', writer, { text: 'x', kind: 'note', extra: 1 })
  // @ts-expect-error: a word that is none of them
  step('wrong', writer, { text: 'x', kind: 'poem' })
  // @ts-expect-error: a reference to a text, of which the schema allows two
  step('wrong', writer, { text: 'x', kind: one.output.title })
  // @ts-expect-error: an input is needed
  step('wrong', adder)
  // @ts-expect-error: it may be absent
  step('wrong', writer, { text: one.output.author.name, kind: 'note' })
  // @ts-expect-error: it may have been skipped
  step('wrong', writer, { text: maybe.output, kind: 'note' })
  // @ts-expect-error: it may have failed
  step('wrong', adder, { counts: [weak.output.sum] })
  // @ts-expect-error: an item of the list may have failed
  step('wrong', adder, { counts: [present(lists.output[0]).sum] })
  // @ts-expect-error: no list
  forEach('wrong', adder, one.output, () => ({ counts: [] }))
  // @ts-expect-error: an item is no number
  forEach('wrong', adder, params.urls, (url) => ({ counts: [url] }))
  // @ts-expect-error: never equal to a text
  equals(one.output.words, 'three')
  // @ts-expect-error: nothing is known of it
  step('wrong', adder, { counts: state('x') })
  // @ts-expect-error: no setting
  step('wrong', adder, { counts: [] }, { retries: 3 })
  return sum
})

same<typeof typed, PlanFunction<{ sum: number; of: string }, { urls: string[] }>>()

export const untyped = plan(({ step }) => {
  step('a', anyone)
})
same<typeof untyped, PlanFunction<Json>>()

// @ts-expect-error: a plan is made at once
export const late = plan(async ({ step }) => step('a', anyone))
