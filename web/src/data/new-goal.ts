let wanted = false
let focus: (() => void) | undefined

/** Puts the cursor where a goal is written, at once or when that is drawn. */
export const beginGoal = (): void => {
  location.hash = '#/'
  if (focus === undefined) wanted = true
  else focus()
}

/** Where a goal is written from now on; returns how to end that. */
export const goalsWrittenIn = (field: () => HTMLElement | null): (() => void) => {
  const own = () => field()?.focus()
  focus = own
  if (wanted) own()
  wanted = false
  return () => {
    if (focus === own) focus = undefined
  }
}
