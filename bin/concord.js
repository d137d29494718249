#!/usr/bin/env node
// Plain JavaScript that Node 18 can parse: it must be able to say that Node is too old.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module from 'node:module'
import { fileURLToPath } from 'node:url'

const needed = 24
const major = Number(process.versions.node.split('.')[0])
const here = (path) => new URL(path, import.meta.url)

/** The Node that this repository pins, when it was installed. */
const pinned = () =>
  [`../node_modules/node-${process.platform}-${process.arch}/bin/node`, '../node_modules/.bin/node']
    .map((path) => fileURLToPath(here(path)))
    .find(existsSync)

/** Runs the same command on another Node; whatever ends one ends the other. */
const runOn = (node) => {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, CONCORD_REEXECUTED: '1' },
  })
  // A terminal sends Ctrl-C to both; a signal sent to this process alone is passed on.
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    console.error(`error: Cannot start ${node}: ${error.message}; install Node ${needed} or newer`)
    process.exit(2)
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

const tooOld = () => {
  console.error(
    `error: Cannot run Concord as it needs Node ${needed} or newer: this is Node ${process.versions.node}; ` +
      `get it from https://nodejs.org or with your version manager (nvm install ${needed}, fnm use ${needed}, volta install node@${needed})`,
  )
  process.exit(2)
}

const start = async () => {
  if (process.env.CONCORD_REEXECUTED !== undefined) {
    delete process.env.CONCORD_REEXECUTED
    // A parent that was killed takes this process with it, as if they were one.
    process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
    process.channel?.unref()
  }
  module.enableCompileCache?.()
  // The packed command is JavaScript; the repository runs its TypeScript as it is.
  const main = ['../lib/cli.js', '../src/cli/main.js', '../src/cli/main.ts'].map(here).find(existsSync)
  if (main === undefined) {
    console.error('error: Cannot find the command line as this package is not complete; install it again')
    process.exit(70)
  }
  await (await import(main.href)).main(process.argv.slice(2))
}

if (major >= needed) await start()
else {
  const node = pinned()
  if (node === undefined || process.env.CONCORD_REEXECUTED !== undefined) tooOld()
  else runOn(node)
}
