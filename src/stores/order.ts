/** Order by code point, which is the order of UTF-8 bytes; `<` on strings compares UTF-16 units and differs beyond U+FFFF. */
export const byCodePoint = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x === y) continue
    // Surrogates stand for code points above all others of 16 bits.
    const high = (unit: number) => unit >= 0xd800 && unit <= 0xdfff
    if (high(x) !== high(y)) return high(x) ? 1 : -1
    return x - y
  }
  return a.length - b.length
}
