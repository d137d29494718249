import type { FolderText } from '../tools/papers/folder-texts.ts'

export type { FolderText } from '../tools/papers/folder-texts.ts'

/** The texts of a file or folder; parsers are loaded when they are first used. */
export async function* folderTexts(path: string): AsyncGenerator<FolderText> {
  const folder = await import('../tools/papers/folder-texts.ts')
  yield* folder.folderTexts(path)
}
