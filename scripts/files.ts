import { globSync } from 'node:fs'

/** Files of the repository that match, relative to its root, sorted; generated and installed ones left out. */
export const filesLike = (...patterns: string[]): string[] =>
  globSync(patterns, { exclude: (path) => /(^|\/)(node_modules|dist|\.tmp|\.concord)(\/|$)/.test(path) })
    .map((path) => path.replaceAll('\\', '/'))
    .sort()
