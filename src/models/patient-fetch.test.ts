import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { it } from 'node:test'
import { Agent, getGlobalDispatcher, setGlobalDispatcher } from 'undici'
import { patientFetch } from './patient-fetch.ts'

it('patientFetch waits for an answer that the process-wide limit of fetch gives up on', async () => {
  // The limit is 300 s; here the same limit is set to a tenth of a second, and the answer takes two.
  const server = createServer((_, response) => void setTimeout(() => response.end('late'), 2000))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const before = getGlobalDispatcher()
  setGlobalDispatcher(new Agent({ headersTimeout: 100, bodyTimeout: 100 }))
  try {
    const [impatient, patient] = await Promise.allSettled([fetch(url), patientFetch(url)])
    assert.equal(impatient.status, 'rejected')
    assert.ok(patient.status === 'fulfilled', String(patient))
    assert.equal(await patient.value.text(), 'late')
  } finally {
    setGlobalDispatcher(before)
    server.closeAllConnections()
    server.close()
  }
})
