/** `npm run check`: format and lint, types, dead code, tests (architecture and examples among them). What CI runs. */
import { spawnSync } from 'node:child_process'

const steps: [name: string, command: string, ...args: string[]][] = [
  ['format and lint', 'biome', 'check', '--error-on-warnings', '.'],
  ['types', 'tsc', '-p', '.'],
  ['types of the page', 'tsc', '-p', 'web'],
  ['dead code', 'knip'],
  ['tests', process.execPath, 'scripts/test.ts'],
]

for (const [name, command, ...args] of steps) {
  console.log(`\n== ${name}`)
  const startedAt = performance.now()
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' })
  if (status !== 0) {
    console.error(`\n${name} failed${error === undefined ? '' : `: ${error.message}`}`)
    process.exit(status ?? 1)
  }
  console.log(`${name}: ok in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
}
