/*
 * Control characters (C0, DEL, C1), line separators, and marks that reorder what is read (Unicode
 * UAX 9). Line feed and tab stay.
 */
const unseen = /[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu

const codePoint = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/**
 * Text that does to a terminal or a reader only what it says: what would steer them is shown as
 * `\u001b`. Text that is JSON stays the same JSON.
 */
export const visible = (text: string): string => text.replaceAll('\r\n', '\n').replace(unseen, codePoint)
