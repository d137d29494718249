import { agent } from '@concord-agents/concord'

type Changes = { changes: { key: string; value: number }[] }

/** It wakes when a refund is written to the shared memory, while `npx concord serve` runs. */
export const bookkeeper = agent({
  name: 'bookkeeper',
  description: 'Adds up what was refunded',
  wakeOn: { state: 'refund:*', namespace: 'team/desk' },
  async run({ changes }: Changes, { state }) {
    const sum = changes.reduce((total, { value }) => total + value, 0)
    await state.in('team/desk').increment('refunded', sum)
    return { added: sum }
  },
})
