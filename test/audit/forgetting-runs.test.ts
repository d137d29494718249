import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { agent, openAudit, openConcord, team } from '../../src/index.ts'
import { workshop } from './fixture.ts'

const shop = await workshop()
const secret = 'Anna has the flu'

const clerk = agent({
  name: 'clerk',
  run: async (input, context) => {
    const told = JSON.stringify(input)
    await context.state.set('note', told)
    return { output: { told }, writes: [{ key: 'with-result', value: told }] }
  },
})
const doctor = agent({
  name: 'doctor',
  run: async (_input, context) => context.delegate('office', `write down that ${secret}`),
})

describe('forgetting a subject of real runs', () => {
  it('removes what they, their child runs and their state held, and what others hold stays', async () => {
    const directory = shop.fresh()
    const config = {
      stores: { directory },
      audit: { key: shop.key },
      teams: { practice: team({ agents: [doctor] }), office: team({ agents: [clerk] }) },
    }
    const concord = await openConcord({ config })
    const about = await concord.run({ text: secret, team: 'practice', subject: 'patient-17' })
    const other = await concord.run({ text: 'Bert is well', team: 'office', subject: 'patient-18' })
    assert.deepEqual([about.status, other.status], ['succeeded', 'succeeded'])
    await concord.close()
    const file = () => readFileSync(join(directory, 'concord.db'), 'latin1')
    const library = await openConcord({ config: { ...config, embedder: 'none' } })
    const document = { text: `${secret}, says the letter`, subject: 'patient-17' }
    await library.knowledge().add({ ...document, id: 'letter' })
    await library.knowledge('team/clinic').add({ ...document, id: 'other letter' })
    await library.knowledge('subject/patient-17').add({ text: `${secret}, a note`, ttlMs: 1 })
    await library.knowledge(`run/${about.id}`).add({ text: `${secret}, a scrap` })
    await library.knowledge().add({ id: 'stays', text: 'Bert is well', subject: 'patient-18' })
    await library.close()

    const audit = await openAudit({ config })
    const { checkpoint } = await audit.checkpoint()
    assert.ok(file().split(secret).length > 6, 'the secret is in too few places for this test')
    const forgotten = await audit.forget('patient-17')
    assert.equal(forgotten.runs, 2)
    assert.ok(forgotten.documents >= 3, `${forgotten.documents} documents`)
    const report = await audit.verify({ held: [checkpoint], publicKeys: shop.publicKey })
    assert.deepEqual(report.findings, [])
    await audit.close()

    const again = await openConcord({ config })
    assert.match(String(await again.state(`run/${other.id}`).get('note')), /Bert is well/)
    assert.deepEqual(
      (await again.runs()).map(({ run }) => run),
      [other.id],
    )
    for (const event of await again.events(about.id)) assert.deepEqual(event.data, {})
    await again.close()
    assert.equal(file().split(secret).length - 1, 0, 'places still hold it')
    const knowledge = readFileSync(join(directory, 'knowledge.db'), 'latin1')
    assert.equal(knowledge.includes(secret), false)
    assert.ok(knowledge.includes('Bert is well'))
  })
})
