/** Who asked for a run: as authenticated by whoever started it, never the word of a caller. */
export type Principal = {
  /** 1 to 200 characters. */
  id: string
  tenant?: string
  roles?: string[]
}

const charsMax = 200
const rolesMax = 50
/** How many tags a goal has, and how long one is. */
export const tagBounds = { tagsMax: 20, charsMax: 100 } as const

const isName = (value: unknown, max: number): value is string =>
  typeof value === 'string' && value.trim() !== '' && value.length <= max && !/\p{C}/u.test(value)

/** What keeps a value from being a principal; undefined when nothing does. */
export const principalProblem = (value: unknown): string | undefined => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'it is not an object'
  const { id, tenant, roles, ...more } = value as { [member: string]: unknown }
  const [unknown] = Object.keys(more)
  if (unknown !== undefined) return `it has ${JSON.stringify(unknown)}, which is not known`
  if (!isName(id, charsMax)) return `"id" is ${JSON.stringify(id)?.slice(0, 60) ?? 'missing'}`
  if (tenant !== undefined && !isName(tenant, charsMax))
    return `"tenant" is ${JSON.stringify(tenant).slice(0, 60)}`
  if (roles === undefined) return undefined
  if (!Array.isArray(roles) || roles.length > rolesMax) return `"roles" is not a list of at most ${rolesMax}`
  const odd = roles.find((role) => !isName(role, charsMax))
  return odd === undefined ? undefined : `a role is ${JSON.stringify(odd)?.slice(0, 60)}`
}

/** What is wrong with a goal's tags; undefined when nothing is. */
export const tagsProblem = (value: unknown): string | undefined => {
  const { tagsMax, charsMax: max } = tagBounds
  if (!Array.isArray(value)) return 'they are not a list'
  if (value.length > tagsMax) return `they are ${value.length}`
  const odd = value.find((tag) => !isName(tag, max) || tag.includes(','))
  if (odd !== undefined) return `one is ${JSON.stringify(odd)?.slice(0, 60)}`
  const twice = value.find((tag, i) => value.indexOf(tag) !== i)
  return twice === undefined ? undefined : `${JSON.stringify(twice)} is there twice`
}
