/**
 * A user's whole program: opens Concord, does one run of one step, says so. Plain JavaScript, so that with the built package nothing
 * is stripped of types. Arguments: the package's entry, the kind of store, a folder for it, `cache` to use the compile cache.
 */
const [entry, kind, directory, cache] = process.argv.slice(2)
if (cache === 'cache') (await import('node:module')).enableCompileCache(process.env.NODE_COMPILE_CACHE)
const { agent, openConcord, team } = await import(entry)
const echo = agent({ name: 'echo', run: (input) => ({ said: input }) })
const concord = await openConcord({
  config: {
    stores: kind === 'memory' ? { kind } : { kind, directory },
    teams: { echo: team({ agents: [echo] }) },
  },
})
const run = await concord.run({ text: 'hello', team: 'echo' })
process.stdout.write(`${JSON.stringify({ status: run.status, rss: process.memoryUsage.rss() })}\n`)
await concord.close()
