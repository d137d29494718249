/** A value that survives JSON unchanged: what payloads, results, state and event data are made of. */
export type Json = null | boolean | number | string | Json[] | JsonObject
export type JsonObject = { [key: string]: Json }

/** Says that a value of plain data is JSON where its type cannot (optional members). */
export const asJson = (value: unknown): Json => value as Json
