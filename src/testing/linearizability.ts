/**
 * Is a history of concurrent operations on one object explained by some order in which each took effect at one instant between its call and its
 * return? Depth-first search over such orders (Wing and Gong, "Testing and verifying concurrent objects", 1993) that remembers which sets of
 * operations led to which state (Lowe, "Testing for linearizability", 2017).
 */
export type Operation<Input, Output> = {
  input: Input
  /** Absent: the caller died before it was told, so it took effect at any time from its call on, or never. */
  output?: Output
  /** Instants of one clock for all. */
  called: number
  returned?: number
}

export type Model<State, Input, Output> = {
  initial: State
  /** The state after the operation, or undefined when it cannot have answered so in this state. Without `output`: whatever it would have answered. */
  step(state: State, input: Input, output: Output | undefined): State | undefined
  /** Equal for equal states. */
  key(state: State): string
}

/** The operations in an order that explains the history, as indexes into it; undefined when there is none. Lost ones that did nothing are left out. */
export const linearize = <State, Input, Output>(
  history: readonly Operation<Input, Output>[],
  model: Model<State, Input, Output>,
): number[] | undefined => {
  const order = history.map((_, i) => i).sort((a, b) => history[a]!.called - history[b]!.called)
  const returned = (i: number) => history[i]!.returned ?? Number.POSITIVE_INFINITY
  const seen = new Set<string>()
  const taken = new Array<boolean>(history.length).fill(false)
  const path: number[] = []
  let open = history.filter((each) => each.returned !== undefined).length

  /** Those not taken whose call was before any other's return: one of them came next. */
  const candidates = (): number[] => {
    let first = Number.POSITIVE_INFINITY
    for (const i of order) if (!taken[i]) first = Math.min(first, returned(i))
    return order.filter((i) => !taken[i] && history[i]!.called <= first)
  }

  type Frame = { state: State; next: number[]; at: number }
  const stack: Frame[] = [{ state: model.initial, next: candidates(), at: 0 }]
  while (open > 0) {
    const frame = stack.at(-1)
    if (frame === undefined) return undefined
    const i = frame.next[frame.at++]
    if (i === undefined) {
      stack.pop()
      const last = path.pop()
      if (last === undefined) return undefined
      taken[last] = false
      if (history[last]!.returned !== undefined) open++
      continue
    }
    const after = model.step(frame.state, history[i]!.input, history[i]!.output)
    if (after === undefined) continue
    taken[i] = true
    const mark = `${taken.map(Number).join('')}|${model.key(after)}`
    if (seen.has(mark)) {
      taken[i] = false
      continue
    }
    seen.add(mark)
    path.push(i)
    if (history[i]!.returned !== undefined) open--
    stack.push({ state: after, next: candidates(), at: 0 })
  }
  return path
}

/** A key with a version: what every state store promises of one. */
export type Register = { version: number; value: number | undefined }
export type RegisterInput =
  | { kind: 'get' }
  | { kind: 'set'; value: number; ifVersion?: number }
  | { kind: 'delete' }
  | { kind: 'add'; by: number }
/** Version and value read, or the version written; `conflict` with the version in the way. */
export type RegisterOutput = { version: number; value?: number; conflict?: true }

export const registerModel: Model<Register, RegisterInput, RegisterOutput> = {
  initial: { version: 0, value: undefined },
  key: ({ version, value }) => `${version}:${value}`,
  step(state, input, output) {
    const visible = state.value === undefined ? 0 : state.version
    if (input.kind === 'get')
      return output === undefined || (output.version === visible && output.value === state.value)
        ? state
        : undefined
    if (input.kind === 'set' && input.ifVersion !== undefined && input.ifVersion !== visible)
      return output === undefined || (output.conflict === true && output.version === visible)
        ? state
        : undefined
    if (output?.conflict) return undefined
    // Nothing to delete changes nothing.
    if (input.kind === 'delete' && visible === 0)
      return output === undefined || output.version === 0 ? state : undefined
    const version = state.version + 1
    if (output !== undefined && output.version !== version) return undefined
    if (input.kind === 'delete') return { version, value: undefined }
    const value = input.kind === 'set' ? input.value : (state.value ?? 0) + input.by
    return input.kind === 'add' && output !== undefined && output.value !== value
      ? undefined
      : { version, value }
  },
}
