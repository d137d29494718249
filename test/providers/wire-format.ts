import type { ProviderConfig } from '../../src/models/provider-config.ts'
import type { Reply, SeenRequest } from './wire-server.ts'

/** What a model says, before it is put into a provider's format. */
export type Said = {
  text?: string
  calls?: readonly { id: string; name: string; arguments: string }[]
  finish?: 'stop' | 'length'
  /**
   * The model refuses, or its provider filters what it wrote: with these words, or without any
   * ('').
   */
  refusal?: string
  usage?: { input: number; output: number; cached?: number }
}

export type ToolResult = { id: string; content: string }

/** One provider's wire format: how it answers, and where a request holds what it was given. */
export type WireFormat = {
  name: string
  /** `provider/model` for the registry. */
  id: string
  /** The provider's settings, where the wire is not what its name alone leads to. */
  providers?: { [name: string]: ProviderConfig }
  keyVariable: string
  baseUrlVariable: string
  /** The path that follows the server's address in the base URL. */
  basePath: string
  path: string
  streamPath: string
  whole(said: Said): Reply
  streamed(said: Said): Reply
  /** A stream that breaks off after the text, before anything says that it is complete. */
  cut(text: string): Reply
  error(status: number, message: string, headers?: { [name: string]: string }): Reply
  keyOf(request: SeenRequest): string | undefined
  systemOf(request: SeenRequest): string
  toolNamesOf(request: SeenRequest): string[]
  toolResultsOf(request: SeenRequest): ToolResult[]
  outputTokensMaxOf(request: SeenRequest): number
  schemaOf(request: SeenRequest): unknown
}

/** Splits a text into a few pieces, not minding where, as a model's stream does; never inside a surrogate pair. */
export const pieces = (text: string, size = 7): string[] => {
  const characters = [...text]
  const out: string[] = []
  for (let at = 0; at < characters.length; at += size) out.push(characters.slice(at, at + size).join(''))
  return out
}
