type Equal<One, Other> =
  (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false

/** Compiles where two types are the same, not only assignable to each other. */
export const same = <One, Other>(..._proof: Equal<One, Other> extends true ? [] : [never]): void => {}
