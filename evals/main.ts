import { DataMissing } from './data.ts'

/** `npm run eval -- <name>`: each measures one thing on development data; the `fit-` ones write weights into the source. */
const EVALUATIONS: Record<string, () => Promise<unknown>> = {
  scitldr: async () => (await import('./scitldr.ts')).evaluateScitldr(),
  citations: async () => {
    ;(await import('./scifact.ts')).evaluateCitations()
    ;(await import('./planted-citations.ts')).evaluatePlanted()
  },
  verification: async () => (await import('./verification.ts')).evaluateVerification('report'),
  'verification-choose': async () => (await import('./verification.ts')).evaluateVerification('choose'),
  research: async () => (await import('./research.ts')).evaluateResearch(),
  'research-detail': async () => (await import('./research.ts')).evaluateResearch(true),
  memory: async () => {
    await (await import('./knowledge-scifact.ts')).evaluateScifactRetrieval()
    await (await import('./knowledge-scitldr.ts')).evaluateScitldrRetrieval()
    await (await import('./knowledge-locomo.ts')).evaluateLocomo()
    ;(await import('./knowledge-vectors.ts')).evaluateVectors()
  },
  'fit-scitldr': async () => (await import('./scitldr-fit.ts')).fitScitldr(),
  'memory-choose': async () => (await import('./knowledge-scifact.ts')).evaluateScifactRetrieval('choose'),
  'fit-knowledge': async () => (await import('./knowledge-fit.ts')).fitKnowledge(),
  'fit-stance': async () => (await import('./stance-fit.ts')).fitStance(),
  'fit-citations': async () => (await import('./scifact-fit.ts')).fitScifact(),
}

async function main(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !Object.hasOwn(EVALUATIONS, name))
  if (names.length === 0 || unknown.length > 0) {
    const given = unknown.length > 0 ? `no evaluation is called ${unknown.join(', ')}` : 'none was named'
    console.error(`Cannot evaluate as ${given}; name one or more of: ${Object.keys(EVALUATIONS).join(', ')}`)
    return 1
  }
  try {
    for (const name of names) await EVALUATIONS[name]!()
    return 0
  } catch (error) {
    if (!(error instanceof DataMissing)) throw error
    console.error(error.message)
    return 2
  }
}

process.exitCode = await main(process.argv.slice(2))
