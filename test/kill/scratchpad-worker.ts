/** `node scratchpad-worker.ts <directory> <killAt>`: runs the reading team and dies by SIGKILL in that call of its model, once the log has it. */
import { openConcord } from '../../src/index.ts'
import { readingTeam } from './scratchpad-team.ts'

const [directory = '', killAt = '0'] = process.argv.slice(2)
let calls = 0
const team = readingTeam(async () => {
  calls++
  if (calls !== Number(killAt)) return
  for await (const event of concord.follow('reading'))
    if (event.type === 'model.called' && event.data.call.startsWith(`model:${killAt}~`))
      process.kill(process.pid, 'SIGKILL')
})
const concord = await openConcord({ config: { stores: { directory }, teams: { t: team } } })
await concord.run({ text: 'read', team: 't' }, { id: 'reading' })
await concord.close()
