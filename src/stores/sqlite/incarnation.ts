import { storeError } from './errors.ts'

const renew = 'UPDATE incarnation SET id = lower(hex(randomblob(8)))'

/** Makes a copy of a store another one: what was handed out for the first is refused by it. Not while it is used. */
export const renewIncarnation = async (file: string): Promise<void> => {
  const { DatabaseSync } = await import('node:sqlite')
  const db = new DatabaseSync(file)
  try {
    const known = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'incarnation'").get()
    // One of an older version gets its own when it is opened.
    if (known !== undefined) db.exec(renew)
  } catch (error) {
    throw storeError(error, 'mark the copy', file)
  } finally {
    db.close()
  }
}
