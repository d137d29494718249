/** A field of work on multimodal models: how papers name it, and how prose speaks of it. */
export type Area = {
  name: string
  /** Finishes "papers ... ": what work in the area tries to do. */
  aim: string
  /** Looked for in titles first. */
  words: RegExp
  /** What to add to a query to find it. */
  query: string
}

/** Order breaks ties: the more specific first. */
export const AREAS: readonly Area[] = [
  {
    name: 'Hallucination and visual faithfulness',
    aim: 'keep answers tied to what the input shows',
    words:
      /hallucinat\w*|faithful\w*|language priors?|visual (?:grounding bias|reliance|neglect)|sycophan\w*|object existence/i,
    query: 'hallucination mitigation faithful',
  },
  {
    name: 'Safety and robustness',
    aim: 'find and close ways in which models are misled or misused',
    words:
      /safety|jailbreak\w*|adversarial\w*|backdoor\w*|privacy|toxic\w*|red[- ]team\w*|unlearn\w*|harmful|attacks?|guardrails?|robustness|trustworth\w*|misinformation|deepfake|social bias/i,
    query: 'safety jailbreak adversarial robustness',
  },
  {
    name: 'Agents and interfaces',
    aim: 'let models act on screens, with tools or in the world',
    words:
      /\bGUI\b|\bagents?\b|agentic|embodied|tool[- ]us\w+|web navigation|computer[- ]use|robot\w*|mobile (?:apps?|phone)|interactive environments?|gameplay|vision-language-action/i,
    query: 'agents GUI tool use embodied',
  },
  {
    name: 'Medical applications',
    aim: 'bring multimodal models to clinical images and text',
    words:
      /medical|clinical|radiolog\w*|patholog\w*|x-?rays?|surg\w+|biomed\w*|health\w*|diagnos\w+|patients?/i,
    query: 'medical clinical',
  },
  {
    name: 'Video understanding',
    aim: 'follow events over time in long or streaming video',
    words:
      /videos?|temporal (?:grounding|reasoning|understanding)|streaming|egocentric|keyframes?|frame selection/i,
    query: 'video understanding temporal',
  },
  {
    name: 'Audio and omni-modal models',
    aim: 'add hearing and speech to seeing and reading',
    words: /audio\w*|speech|spoken|sound|music|omni-?modal\w*|\bomni\b|acoustic|voice/i,
    query: 'audio speech omni-modal',
  },
  {
    name: 'Spatial and 3D understanding',
    aim: 'understand layout, depth and viewpoint',
    words:
      /spatial\w*|\b3D\b|depth|scene understanding|multi-view|driving|viewpoint|geospatial|navigation|remote sensing/i,
    query: 'spatial reasoning 3D',
  },
  {
    name: 'Unified understanding and generation',
    aim: 'understand and generate images in one model',
    words:
      /unified (?:multi-?modal|models?|understanding)|image generation|image editing|text-to-image|any-to-any|interleaved generation|diffusion|visual generation/i,
    query: 'unified understanding and image generation',
  },
  {
    name: 'Documents, charts and mathematics',
    aim: 'read text, structure and diagrams in images',
    words:
      /documents?|charts?|\bOCR\b|tables?|infographics?|diagrams?|math\w*|geometry|scientific figures?|handwrit\w*|text-rich|formula\w*/i,
    query: 'document chart OCR mathematical',
  },
  {
    name: 'Efficiency and visual tokens',
    aim: 'cut the cost of visual tokens, memory and inference',
    words:
      /efficien\w*|token (?:pruning|reduction|compression|merging|selection)|visual tokens?|quanti[sz]\w+|distill\w*|KV[- ]cache|accelerat\w*|lightweight|pruning|compress\w*|speculative decoding|latency|edge devices?|on-device/i,
    query: 'efficient visual token pruning compression',
  },
  {
    name: 'Reasoning and reinforcement learning',
    aim: 'make models reason over what they see before they answer',
    words:
      /reasoning|chain[- ]of[- ]thought|\bCoT\b|reinforcement (?:learning|fine-?tuning)|\bGRPO\b|\bRLVR\b|thinking|reward\w*|\br1\b|self-reflection|test-time scaling/i,
    query: 'reasoning reinforcement learning chain-of-thought',
  },
  {
    name: 'Grounding and fine-grained perception',
    aim: 'point at the right object, region or detail',
    words:
      /grounding|referring|segmentation|region-level|locali[sz]\w*|fine-grained|visual perception|high-resolution|object detection|counting/i,
    query: 'visual grounding fine-grained perception',
  },
  {
    name: 'Retrieval and knowledge',
    aim: 'bring outside knowledge to the question',
    words:
      /retriev\w*|\bRAG\b|knowledge[- ](?:based|intensive|graph)\w*|embeddings?|knowledge editing|memory/i,
    query: 'retrieval-augmented knowledge',
  },
  {
    name: 'Training, data and architecture',
    aim: 'change how models are built and what they are trained on',
    words:
      /pre-?train\w*|instruction[- ]tuning|fine-?tun\w*|post-training|alignment|architectures?|connectors?|projectors?|scaling|data (?:curation|selection|synthesis)|datasets?|preference optimi[sz]\w*|mixture[- ]of[- ]experts|encoders?|modality gap|continual/i,
    query: 'training data architecture',
  },
  {
    name: 'Evaluation and benchmarks',
    aim: 'measure what models can and cannot do',
    words: /benchmark\w*|evaluat\w*|leaderboards?|assess\w*|judges?\b/i,
    query: 'benchmark evaluation',
  },
]
