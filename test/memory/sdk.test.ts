import type { TestContext } from 'node:test'
import { remoteState } from '../../src/client.ts'
import { agent, openConcord, team } from '../../src/index.ts'
import { serve } from '../../src/server/serve.ts'
import { manualClock } from '../../src/testing/clock.ts'
import { gate } from '../server/fixture.ts'
import { type OpenSdk, sdkContract } from './sdk-contract.ts'

const namespace = 'team/stock'

const opened = async (t: TestContext) => {
  const clock = manualClock()
  const done = gate()
  const waiting = agent({ name: 'waiting', timeoutMs: 1e9, run: () => done.opened })
  const concord = await openConcord({
    clock,
    config: { stores: { kind: 'memory' }, team: 't', teams: { t: team({ agents: [waiting] }) } },
  })
  t.after(async () => {
    done.open()
    await concord.close()
  })
  return { clock, concord }
}

const served = async (t: TestContext) => {
  const { clock, concord } = await opened(t)
  const server = await serve(concord, { port: 0, token: 'a-token' })
  t.after(() => server.close(0))
  return { clock, concord, url: `${server.url}/memory` }
}

const inProcess: OpenSdk = async (t) => {
  const { clock, concord } = await opened(t)
  const [state, other] = [concord.state(namespace), concord.state(namespace)]
  return { clock, state, other, provenance: { agent: 'user' } }
}

const overHttp: OpenSdk = async (t) => {
  const { clock, url } = await served(t)
  const open = () => remoteState({ url, token: 'a-token', namespace })
  return { clock, state: open(), other: open(), provenance: { agent: 'user' } }
}

const withToken: OpenSdk = async (t) => {
  const { clock, concord, url } = await served(t)
  const { id: run } = await concord.start('x')
  const claims = { run, step: 'waiting', agent: 'waiting', epoch: 1 }
  const call = { attempt: 1, since: 0, expiresAt: clock.now() + 60_000 }
  const open = (key: string) => {
    const memoryToken = concord.memory.tokens.issue({ ...claims, ...call, key })
    return remoteState({ url, memoryToken })
  }
  return { clock, state: open(`${run}/1/waiting/0`), other: open(`${run}/1/waiting/1`), provenance: claims }
}

sdkContract('in the process', inProcess)
sdkContract('over HTTP', overHttp)
sdkContract('over HTTP with the token of a call', withToken)
