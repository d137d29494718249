// Loads every module of the installed package on its own terms: a missing file or an eager import of an optional package fails here.
// Programs and workers act when they are loaded; use-library.js and the command run those.
import { globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const home = dirname(fileURLToPath(import.meta.resolve('@concord-agents/concord/package.json')))
const acts = /^bin\/|-(worker|process)\.js$/
const files = globSync('**/*.js', { cwd: home, exclude: ['page/**'] }).filter(
  (file) => !acts.test(file.replaceAll('\\', '/')),
)
for (const file of files) await import(pathToFileURL(join(home, file)).href)
console.log(`${files.length} modules loaded`)
process.exit(0)
