import { readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

const importPattern = /(?:\bfrom\s+|\bimport\s*\(\s*|\bimport\s+)['"]([^'"\n]+)['"]/g

export const withoutComments = (text: string): string =>
  text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '')

/** What a module's text imports, types included, as it is written there. */
export const importsIn = (text: string): string[] =>
  [...withoutComments(text).matchAll(importPattern)].map((match) => match[1] ?? '')

export const importsOf = (file: string): string[] => importsIn(readFileSync(file, 'utf8'))

/** The file that a relative import of another file means. */
export const targetOf = (file: string, imported: string): string =>
  normalize(join(dirname(file), imported)).replaceAll('\\', '/')

/** Groups of files that import each other in a circle, by files and what each imports. */
export const circlesIn = (graph: ReadonlyMap<string, readonly string[]>): string[][] => {
  // Tarjan 1972, without recursion.
  const index = new Map<string, number>()
  const low = new Map<string, number>()
  const open: string[] = []
  const isOpen = new Set<string>()
  const found: string[][] = []
  for (const root of graph.keys()) {
    if (index.has(root)) continue
    const path: { file: string; next: number }[] = [{ file: root, next: 0 }]
    while (path.length > 0) {
      const at = path.at(-1)!
      const { file } = at
      if (at.next === 0) {
        index.set(file, index.size)
        low.set(file, index.get(file)!)
        open.push(file)
        isOpen.add(file)
      }
      const target = graph.get(file)?.[at.next++]
      if (target !== undefined) {
        if (!index.has(target)) path.push({ file: target, next: 0 })
        else if (isOpen.has(target)) low.set(file, Math.min(low.get(file)!, index.get(target)!))
        continue
      }
      path.pop()
      const above = path.at(-1)
      if (above !== undefined) low.set(above.file, Math.min(low.get(above.file)!, low.get(file)!))
      if (low.get(file) !== index.get(file)) continue
      const circle = open.splice(open.indexOf(file))
      for (const each of circle) isOpen.delete(each)
      if (circle.length > 1 || graph.get(file)?.includes(file)) found.push(circle.sort())
    }
  }
  return found
}
