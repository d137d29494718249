/**
 * Runs the tests: `npm run test:unit [-- part of a path ...]` the sample that CI runs, `npm run soak` the exhaustive proofs.
 * A suite without files is a failure: `node --test` would call it a success.
 */
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { filesLike } from './files.ts'

const soak = process.argv.includes('--soak')
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
/** Samples of something exhaustive, which CONCORD_SOAK makes whole. */
const sampled = [
  'test/hostile/faults.test.ts',
  'test/hostile/suite.test.ts',
  'test/runs/random-plans.test.ts',
  'test/state/processes.test.ts',
  'test/state/lock.test.ts',
]
const all = soak
  ? [...filesLike('test/soak/**/*.test.ts'), ...sampled]
  : filesLike('src/**/*.test.ts', 'test/**/*.test.ts', 'examples/**/*.test.ts')
const files = all
  .filter((file) => soak || !file.startsWith('test/soak/'))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
if (files.length === 0) {
  console.error(
    `Cannot run tests as no file matches: ${wanted.join(', ') || 'the patterns of scripts/test.ts'}`,
  )
  process.exit(1)
}
const seed = process.env.CONCORD_SEED ?? String(Math.floor(Math.random() * 2 ** 31))
console.log(`${files.length} test files, seed ${seed} (CONCORD_SEED=${seed} repeats the sample)`)
const run = spawnSync(
  process.execPath,
  [
    '--test',
    '--test-concurrency=2',
    `--test-timeout=${soak ? 3_600_000 : 300_000}`,
    // Told first, so that the runner's counts are what is read last.
    ...['spec', './scripts/seconds.ts'].flatMap((reporter) => [
      `--test-reporter=${reporter}`,
      '--test-reporter-destination=stdout',
    ]),
    ...files,
  ],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      CONCORD_SEED: seed,
      ...(soak ? { CONCORD_SOAK: '1' } : {}),
      // Whole: programs that tests run elsewhere would make one in their own folder.
      NODE_COMPILE_CACHE: resolve('.tmp/compile-cache'),
    },
  },
)
process.exit(run.status ?? 1)
