import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/** A name in a file of declarations. */
type Place = { file: string; name: string }

type Module = {
  /** Names that it takes from elsewhere, imported or re-exported. */
  taken: Map<string, { from: string; name: string }>
  reexported: Set<string>
  exported: Set<string>
  declared: Map<string, string>
  stars: string[]
}

const declaration = /^(export )?(?:declare )?(?:abstract )?(?:const|function|type|interface|class|let) (\w+)/
const nextDeclaration =
  /^(?=(?:export |declare )?(?:declare )?(?:abstract )?(?:const|function|type|interface|class|let) )/m
const fromElsewhere = /^(import|export) (?:type )?\{([^}]*)\} from '([^']+)';/gm

const read = (file: string): Module => {
  const text = readFileSync(file, 'utf8')
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/\/\/[^\n]*/g, '')
  const module: Module = {
    taken: new Map(),
    reexported: new Set(),
    exported: new Set(),
    declared: new Map(),
    stars: [...text.matchAll(/^export \* from '([^']+)';/gm)].map(([, from = '']) => from),
  }
  for (const [, kind, names = '', from = ''] of text.matchAll(fromElsewhere))
    for (const given of names.split(',').map((name) => name.trim().replace(/^type /, ''))) {
      const [name = '', local = name] = given.split(' as ')
      if (name === '') continue
      module.taken.set(local, { from, name })
      if (kind === 'export') module.reexported.add(local)
    }
  for (const part of text.replaceAll(/^(?:import|export) [^;]*from '[^']+';$/gm, '').split(nextDeclaration)) {
    const [, isExported, name] = declaration.exec(part) ?? []
    if (name === undefined) continue
    // Overloads of a function are declarations of one name.
    module.declared.set(name, (module.declared.get(name) ?? '') + part)
    if (isExported !== undefined) module.exported.add(name)
  }
  return module
}

const keyOf = ({ file, name }: Place): string => `${file}#${name}`

/**
 * Types that a published signature names and no entry of the package exports, each with the way to
 * it. A type that its own module keeps to itself is a part of the one that uses it, and is looked
 * into; what a value's own type says (`typeof x`) is its.
 */
export const unexportedTypes = (folder: string, entries: readonly string[]): string[] => {
  const modules = new Map<string, Module>()
  const moduleOf = (file: string): Module => {
    const known = modules.get(file) ?? read(file)
    modules.set(file, known)
    return known
  }
  const resolved = (file: string, from: string): string | undefined => {
    const found = join(dirname(file), from.replace(/\.js$/, '.d.ts'))
    return from.startsWith('.') && existsSync(found) ? found : undefined
  }
  const find = (file: string, name: string): Place | undefined => {
    const { declared, taken, stars } = moduleOf(file)
    if (declared.has(name)) return { file, name }
    const source = taken.get(name)
    if (source !== undefined) {
      const target = resolved(file, source.from)
      return target === undefined ? { file: source.from, name } : find(target, source.name)
    }
    for (const star of stars) {
      const target = resolved(file, star)
      const found = target === undefined ? undefined : find(target, name)
      if (found !== undefined) return found
    }
    return undefined
  }
  const exportsOf = (file: string): string[] => {
    const { exported, reexported, stars } = moduleOf(file)
    const starred = stars.flatMap((star) => exportsOf(resolved(file, star) ?? file))
    return [...exported, ...reexported, ...starred]
  }

  const open: { place: Place; way: string }[] = []
  const published = new Set<string>()
  for (const entry of entries) {
    const file = join(folder, entry)
    for (const name of exportsOf(file)) {
      const place = find(file, name)
      if (place === undefined) continue
      published.add(keyOf(place))
      open.push({ place, way: name })
    }
  }

  const isKept = ({ file, name }: Place): boolean =>
    existsSync(file) && !moduleOf(file).exported.has(name) && moduleOf(file).declared.has(name)
  const namesIn = (text: string): string[] =>
    [...text.replaceAll(/'[^'\n]*'/g, '').matchAll(/(?<![.\w]|typeof )\b([A-Z]\w*)\b(?!\s*\??:)/g)].map(
      ([, name = '']) => name,
    )

  const seen = new Set<string>()
  const missing = new Map<string, string>()
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { place, way } = next
    if (seen.has(keyOf(place)) || !existsSync(place.file)) continue
    seen.add(keyOf(place))
    const body = moduleOf(place.file).declared.get(place.name) ?? ''
    const places = namesIn(body).map((name) => find(place.file, name))
    for (const [, from = '', name = ''] of body.matchAll(/import\(["']([^"']+)["']\)\.(\w+)/g)) {
      const target = resolved(place.file, from)
      places.push(target === undefined ? { file: from, name } : find(target, name))
    }
    for (const found of places) {
      if (found === undefined || keyOf(found) === keyOf(place)) continue
      if (!published.has(keyOf(found)) && !isKept(found) && !missing.has(keyOf(found)))
        missing.set(keyOf(found), `${found.name} of ${relative(folder, found.file)}: ${way}`)
      open.push({ place: found, way: `${way} > ${found.name}` })
    }
  }
  return [...missing.values()].sort()
}
