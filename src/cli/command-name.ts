/**
 * How the person calls this program: who ran it by npx has no `concord` on the PATH, and copies
 * what is printed.
 */
export const concordCommand = process.env.npm_lifecycle_event === 'npx' ? 'npx concord' : 'concord'
