import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const placeOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
/** Of the package. */
const packaged = placeOf('../../page/')
/** Of a clone, where `web/build.ts` makes it. */
const inClone = placeOf('../../../web/dist/')

export const isPackaged = (): boolean => existsSync(packaged)

/** The folder with the page's files, where they are built. */
export const builtPage = (): string => (isPackaged() ? packaged : inClone)
