import type { Wait } from '../domain/event.ts'
import type { Run } from '../domain/run.ts'
import { shortHash } from '../domain/wait.ts'
import type { Concord } from '../platform/concord.ts'

/** A wait of a run or of a run below it, with the step it holds up; `seen` is how far that run had read its inbox. */
export type OpenWait = { run: string; step: string; wait: Wait; seen: number }

const depthMost = 16

/** What a run waits for; where it waits for a child run, what that waits for. */
export const openWaits = async (concord: Concord, run: Run, depth = 0): Promise<OpenWait[]> => {
  const found: OpenWait[] = []
  for (const id of run.idle) {
    const work = run.works.get(id)
    if (work?.status !== 'waiting' || work.wait === undefined) continue
    const { wait } = work
    if (wait.for !== 'child' || wait.run === undefined || depth >= depthMost)
      found.push({ run: run.id, step: id, wait, seen: run.inbox })
    else found.push(...(await openWaits(concord, await concord.runner.load(wait.run), depth + 1)))
  }
  return found
}

export const isForPerson = ({ wait }: OpenWait): boolean => wait.for === 'approval' || wait.for === 'answer'

/** Only something from outside ends it: a person, or a signal. */
export const isForOutside = (open: OpenWait): boolean =>
  open.wait.for !== 'timer' && open.wait.for !== 'child'

/** Text as it is, but for characters that would act on a terminal or hide what stands there. */
const visible = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Cf}]/gu, (sign) =>
    sign === '\n' ? sign : `\\u{${sign.codePointAt(0)?.toString(16)}}`,
  )

/** All that a person decides about, uncut. */
export const waitText = ({ step, wait }: OpenWait): string => {
  const prompt = wait.prompt ?? `Step "${step}" waits for ${wait.for} "${wait.name}"`
  // A tool's input is part of its prompt.
  const input =
    wait.input === undefined || wait.tool !== undefined ? '' : `\n    input: ${JSON.stringify(wait.input)}`
  return visible(prompt + input)
}

/** How a decision names the wait. */
const named = ({ run, step, wait }: OpenWait): string =>
  wait.hash === undefined ? `${run} --step ${step}` : `${run} --hash ${shortHash(wait.hash)}`

/** The commands that answer a wait, as they are typed. */
export const wayToAnswer = (open: OpenWait): string[] => {
  const { run, step, wait } = open
  const at = named(open)
  if (wait.for === 'approval') return [`concord approve ${at}`, `concord reject ${at} "<why>"`]
  if (wait.for === 'answer') return [`concord answer ${at} "<answer>"`]
  return [`concord signal ${run} --step ${step} ${wait.name} [value]`]
}
