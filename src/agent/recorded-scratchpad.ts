import { asJson } from '../domain/json.ts'
import { cut } from '../domain/text/cut.ts'
import { Scratchpad, type ScratchpadDelta } from '../memory/scratchpad.ts'
import type { CallSite } from './call-site.ts'

/** Of a fact or an observation in the log. */
const textCharsMax = 4_000
/** Of one execution: the last that is recorded says so. */
const deltasMax = 1_000

/**
 * The scratchpad of code, each change of which is told to the log: `memory/conversation.ts` rebuilds from them what it held. Executed
 * again, what is in the journal is not told twice. A model's needs none: its conversation is in `model.called`.
 */
export const recordedScratchpad = (context: CallSite, tokensMax: number): Scratchpad => {
  let deltas = 0
  const changed = (delta: ScratchpadDelta): void => {
    if (++deltas > deltasMax) return
    const { journal } = context.execution
    const call = context.call_('scratchpad')
    if (journal.entry(call) !== undefined) return
    if (delta.kind === 'compacted') {
      const { from, to, message, tokens } = delta.compaction
      const data = { call, turn: deltas, from, to, message: asJson(message), by: 'rule' as const, tokens }
      return journal.note([context.draft('scratchpad.compacted', data)])
    }
    const { kind, text } = delta
    const left = text.length - textCharsMax
    journal.note([
      context.draft('scratchpad.noted', {
        call,
        kind,
        text: left > 0 ? cut(text, textCharsMax) : text,
        ...(left > 0 ? { omittedChars: left } : {}),
        ...(deltas === deltasMax ? { last: true as const } : {}),
      }),
    ])
  }
  return new Scratchpad({ tokensMax, changed })
}
