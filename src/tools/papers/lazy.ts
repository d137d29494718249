import { ConcordError } from '../../domain/errors.ts'

const isMissing = (error: unknown, name: string): boolean =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'ERR_MODULE_NOT_FOUND' || error.code === 'MODULE_NOT_FOUND') &&
  error.message.includes(name)

/**
 * Imports an optional package on first use.
 * @throws ConcordError `package.missing` that says what to install.
 */
export const lazily = async <Module>(
  purpose: string,
  name: string,
  load: () => Promise<Module>,
): Promise<Module> => {
  try {
    return await load()
  } catch (error) {
    if (!isMissing(error, name)) throw error
    throw new ConcordError(
      'package.missing',
      `Cannot ${purpose} as this needs ${name}: it is not installed; run: npm install ${name}`,
      { details: { package: name }, cause: error },
    )
  }
}
