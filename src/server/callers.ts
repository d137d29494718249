import { createHash, timingSafeEqual } from 'node:crypto'
import { ConcordError } from '../domain/errors.ts'
import { type Principal, principalProblem } from '../domain/principal.ts'
import type { CallerConfig } from '../platform/config.ts'

/** What a caller sends as `Authorization: Bearer`, and what it may be known for. */
export type CallerToken = { token: string; tenant?: string; roles?: string[] }

export type Tokens = {
  /** Whoever calls must send it as `Authorization: Bearer`: the principal `token`. */
  token?: string
  /** Tokens of callers by their name, which is the id of their principal. */
  tokens?: { [caller: string]: CallerToken }
}

/** Whom a bearer token belongs to; undefined for one that is not known. */
export type Callers = (bearer: string | undefined) => Principal | undefined

/** Every user of this machine, where the server has no token. */
export const localCaller: Principal = { id: 'local' }
const tokenCaller: Principal = { id: 'token' }

const invalid = (message: string): ConcordError => new ConcordError('config.invalid', message)

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Beside a person's name or address; never like `wake:stock`, nor what the server itself names. */
const callerName = /^[\w.@+-]{1,100}$/

const principalOf = (id: string, { token, tenant, roles }: CallerToken): Principal => {
  if (!callerName.test(id) || id === localCaller.id || id === tokenCaller.id)
    throw invalid(
      `Cannot serve caller ${JSON.stringify(id.slice(0, 120))} as a name has 1 to 100 letters, digits and _ . @ + -, and "local" and "token" have their meaning; choose another name under "server.tokens"`,
    )
  if (typeof token !== 'string' || !/^\S+$/.test(token))
    throw invalid(
      `Cannot serve caller "${id}" as its token must be a text without spaces; set "token", or "env" with the variable that holds it`,
    )
  const principal = {
    id,
    ...(tenant === undefined ? {} : { tenant }),
    ...(roles === undefined ? {} : { roles: [...roles] }),
  }
  const problem = principalProblem(principal)
  if (problem === undefined) return principal
  throw invalid(
    `Cannot serve caller "${id}" as its tenant and roles are visible text: ${problem}; correct it`,
  )
}

/** Undefined when there is no token at all. Throws `config.invalid` for names and tokens that cannot be told apart. */
export const callersOf = ({ token, tokens = {} }: Tokens): Callers | undefined => {
  const known = Object.entries(tokens).map(([id, caller]) => ({
    digest: digest(caller.token ?? ''),
    principal: principalOf(id, caller),
  }))
  if (token !== undefined) known.push({ digest: digest(token), principal: tokenCaller })
  known.forEach((one, i) => {
    const other = known.slice(0, i).find((before) => before.digest.equals(one.digest))
    if (other !== undefined)
      throw invalid(
        `Cannot serve callers "${other.principal.id}" and "${one.principal.id}" as their tokens must differ: they are equal; give each its own`,
      )
  })
  if (known.length === 0) return undefined
  return (bearer) => {
    if (bearer === undefined) return undefined
    const given = digest(bearer)
    let found: Principal | undefined
    // Digests have one length and all are compared: the time taken tells nothing of a token.
    for (const one of known) if (timingSafeEqual(one.digest, given)) found = one.principal
    return found
  }
}

/** The tokens of a configuration, read where it says. Throws `config.invalid` for one that is not set. */
export const tokensIn = (
  callers: { [caller: string]: CallerConfig } = {},
  env: { [name: string]: string | undefined },
): { [caller: string]: CallerToken } =>
  Object.fromEntries(
    Object.entries(callers).map(([id, { env: variable, token, ...rest }]) => {
      const found = token ?? (variable === undefined ? undefined : env[variable])
      if (found !== undefined && found !== '') return [id, { ...rest, token: found }]
      const now = variable === undefined ? 'it has neither "token" nor "env"' : `${variable} is not set`
      throw invalid(
        `Cannot serve caller "${id}" as its token must be known: ${now}; set it, or remove the caller from "server.tokens"`,
      )
    }),
  )
