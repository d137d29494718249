/** A peer's whole program: loads it, does one run, says so. Arguments: its file, the subject's name, the fake work's file, a folder. */
const [file, name, workFile, directory] = process.argv.slice(2)
const { payload, work, stepsPerRun } = await import(workFile)
const peer = await import(file)
const atOnce = async (count, _, fn) => {
  for (let n = 0; n < count; n++) await fn()
}
const shared = { payload, work, stepsPerRun, atOnce }
const subject = await peer[name]({ kind: 'memory', runs: 1, turns: 2 }, directory, shared)
await subject.run(1)
process.stdout.write(`${JSON.stringify({ rss: process.memoryUsage.rss() })}\n`)
process.exit(0)
