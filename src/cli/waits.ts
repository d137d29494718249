import { shortHash } from '../domain/wait.ts'
import type { OpenWait } from '../platform/run/waits.ts'
import { concordCommand } from './command-name.ts'

export const isForPerson = ({ wait }: OpenWait): boolean => wait.for === 'approval' || wait.for === 'answer'

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
  if (wait.for === 'approval')
    return [`${concordCommand} approve ${at}`, `${concordCommand} reject ${at} "<why>"`]
  if (wait.for === 'answer') return [`${concordCommand} answer ${at} "<answer>"`]
  return [`${concordCommand} signal ${run} --step ${step} ${wait.name} [value]`]
}
