import dagre from '@dagrejs/dagre'

export type Box = { id: string; width: number; height: number }
export type Asked = { boxes: Box[]; arrows: [from: string, to: string][]; downward: boolean }
export type Placed = { [id: string]: { x: number; y: number } }

/** Places boxes so that arrows lead one way; in a worker, as hundreds of them take a while. */
addEventListener('message', ({ data }: MessageEvent<Asked>) => {
  const graph = new dagre.graphlib.Graph()
  graph.setGraph({ rankdir: data.downward ? 'TB' : 'LR', nodesep: 20, ranksep: 48 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const { id, width, height } of data.boxes) graph.setNode(id, { width, height })
  for (const [from, to] of data.arrows) graph.setEdge(from, to)
  dagre.layout(graph)
  const placed: Placed = {}
  for (const { id, width, height } of data.boxes) {
    const { x, y } = graph.node(id)
    placed[id] = { x: x - width / 2, y: y - height / 2 }
  }
  postMessage(placed)
})
