import { toolsIn } from '../agent/tools-of.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { AnyTool } from '../ports/tool.ts'
import type { ConcordConfig } from './config.ts'

/** The config's own tools. Throws `config.invalid`. */
export const toolsOf = ({ tools }: ConcordConfig): AnyTool[] =>
  toolsIn(tools).filter((tool): tool is AnyTool => typeof tool !== 'string')

/** Finds tools by name: the config's own first, then the built-in ones, which are loaded on first use. */
export const toolFinder = (
  config: ConcordConfig,
  parts: { clock: Clock; logger: Logger },
): ((name: string) => Promise<AnyTool | undefined>) => {
  const own = new Map(toolsOf(config).map((tool) => [tool.name, tool]))
  let builtIn: Promise<Map<string, AnyTool>> | undefined
  const load = async (): Promise<Map<string, AnyTool>> => {
    const [{ builtInTools }, { paperTools }] = await Promise.all([
      import('../tools/index.ts'),
      import('../tools/papers/tools.ts'),
    ])
    const tools = [
      ...Object.values(builtInTools(config.toolSettings)),
      ...paperTools({ ...parts, ...config.toolSettings?.arxiv, ...config.toolSettings?.papers }),
    ]
    return new Map(tools.map((tool) => [tool.name, tool]))
  }
  return async (name) => {
    const found = own.get(name)
    if (found !== undefined) return found
    builtIn ??= load().catch((error) => {
      // Tried again next time: what was missing may have been installed, what failed under load may not.
      builtIn = undefined
      throw error
    })
    return (await builtIn).get(name)
  }
}
