/** A value that survives JSON unchanged: what payloads, results, state and event data are made of. */
export type Json = null | boolean | number | string | Json[] | JsonObject
export type JsonObject = { [key: string]: Json }
