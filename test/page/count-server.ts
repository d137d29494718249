/** A server on the folder and port it is given, whose runs take a while: `node count-server.ts <folder> <port>`. */
import { agent, openConcord, team } from '../../src/index.ts'
import { serve } from '../../src/server/serve.ts'

const [directory = '', port = '0'] = process.argv.slice(2)
const counter = agent({
  name: 'counter',
  run: async (input, context) => {
    await context.sleep(40)
    return input
  },
})
const counts = team({
  agents: [counter],
  plan: () => [
    {
      id: 'count',
      agent: 'counter',
      forEach: Array.from({ length: 60 }, (_, i) => i),
      concurrency: 2,
    },
  ],
})
const concord = await openConcord({
  config: { stores: { directory }, teams: { counts } },
  role: 'server',
})
const server = await serve(concord, { port: Number(port) })
console.log(server.url)
