/** A field of work on multimodal models: how papers name it, and how prose speaks of it. */
export type Area = {
  name: string
  /** Finishes "papers ... ": what work in the area tries to do. */
  aim: string
  /** Looked for in titles first. */
  words: RegExp
  /** 0 to 1: how surely an overview of the whole field would give it a section. */
  prominence: number
  /** What to add to a query to find it. */
  query: string
}

/** Order breaks ties: the more specific first. Patterns match whole words. */
export const AREAS: readonly Area[] = [
  {
    name: 'Model releases',
    aim: 'release general multimodal models',
    words:
      /technical report|model card|^(?:Qwen|InternVL|Gemini|Gemma|GPT-|LLaVA|MiniCPM|Kimi|GLM|Seed\d|MiMo|Keye|Ovis|Phi-|EXAONE|SmolVLM|DeepSeek|Skywork-R|PerceptionLM|Eagle)[\w.-]*\s?[\d.]*[\w-]*(?::|$| Technical)/i,
    query: 'technical report model family open-source release flagship parameters',
    prominence: 1,
  },
  {
    name: 'Hallucination and visual faithfulness',
    aim: 'keep answers tied to what the input shows',
    words:
      /\b(?:hallucinat\w*|(?:un)?faithful\w*|language priors?|visual (?:grounding bias|reliance|neglect)|sycophan\w*|object existence)\b/i,
    query: 'hallucination mitigation faithful',
    prominence: 1,
  },
  {
    name: 'Safety and robustness',
    aim: 'find and close ways in which models are misled or misused',
    words:
      /\b(?:safety|jailbreak\w*|adversarial\w*|backdoor\w*|privacy|toxic\w*|red[- ]team\w*|unlearn\w*|harmful|attacks?|guardrails?|robustness|trustworth\w*|misinformation|deepfake|social bias)\b/i,
    query: 'safety jailbreak adversarial robustness',
    prominence: 0.62,
  },
  {
    name: 'Agents and interfaces',
    aim: 'let models act on screens, with tools or in the world',
    words:
      /\b(?:GUI|agents?|agentic|embodied|tool[- ]us\w+|web navigation|computer[- ]use|robot\w*|mobile (?:apps?|phone)|interactive environments?|gameplay|vision-language-action)\b/i,
    query: 'agents GUI tool use embodied',
    prominence: 0.95,
  },
  {
    name: 'Medical applications',
    aim: 'bring multimodal models to clinical images and text',
    words:
      /\b(?:medical|clinical|radiolog\w*|patholog\w*|x-?rays?|surg(?:ery|ical|eons?)|biomed\w*|health\w*|patients?)\b/i,
    query: 'medical clinical',
    prominence: 0.3,
  },
  {
    name: 'Video understanding',
    aim: 'follow events over time in long or streaming video',
    words:
      /\b(?:videos?|temporal (?:grounding|reasoning|understanding)|streaming|egocentric|keyframes?|frame selection)\b/i,
    query: 'video understanding temporal',
    prominence: 0.95,
  },
  {
    name: 'Audio and omni-modal models',
    aim: 'add hearing and speech to seeing and reading',
    words: /\b(?:audio\w*|speech|spoken|sound|music|omni-?modal\w*|omni|acoustic|voice)\b/i,
    query: 'audio speech omni-modal',
    prominence: 0.7,
  },
  {
    name: 'Spatial and 3D understanding',
    aim: 'understand layout, depth and viewpoint',
    words:
      /\b(?:spatial\w*|3D|(?:monocular|metric) depth|depth (?:estimation|perception|maps?)|scene understanding|multi-view|driving|viewpoint|geospatial|remote sensing)\b/i,
    query: 'spatial reasoning 3D',
    prominence: 0.8,
  },
  {
    name: 'Unified understanding and generation',
    aim: 'understand and generate images in one model',
    words:
      /\b(?:unified (?:multi-?modal|models?|understanding)|image generation|image editing|text-to-image|any-to-any|interleaved generation|diffusion|visual generation)\b/i,
    query: 'unified understanding and image generation',
    prominence: 0.88,
  },
  {
    name: 'Documents, charts and mathematics',
    aim: 'read text, structure and diagrams in images',
    words:
      /\b(?:documents?|charts?|OCR|tables?|infographics?|diagrams?|math\w*|geometry|scientific figures?|handwrit\w*|text-rich|formula\w*)\b/i,
    query: 'document chart OCR mathematical',
    prominence: 0.6,
  },
  {
    name: 'Efficiency and visual tokens',
    aim: 'cut the cost of visual tokens, memory and inference',
    words:
      /\b(?:efficien\w*|token (?:pruning|reduction|compression|merging|selection)|visual tokens?|quanti[sz]\w+|distill\w*|KV[- ]cache|accelerat\w*|lightweight|pruning|compress\w*|speculative decoding|latency|edge devices?|on-device)\b/i,
    query: 'efficient visual token pruning compression',
    prominence: 0.95,
  },
  {
    name: 'Reasoning and reinforcement learning',
    aim: 'make models reason over what they see before they answer',
    words:
      /\b(?:reasoning|chain[- ]of[- ]thought|CoT|reinforcement (?:learning|fine-?tuning)|GRPO|RLVR|thinking|reward\w*|r1|self-reflection|test-time scaling)\b/i,
    query: 'reasoning reinforcement learning chain-of-thought',
    prominence: 1,
  },
  {
    name: 'Grounding and fine-grained perception',
    aim: 'point at the right object, region or detail',
    words:
      /\b(?:grounding|referring|segmentation|region-level|locali[sz]\w*|fine-grained|visual perception|high-resolution|object detection|counting)\b/i,
    query: 'visual grounding fine-grained perception',
    prominence: 0.55,
  },
  {
    name: 'Retrieval and knowledge',
    aim: 'bring outside knowledge to the question',
    words:
      /\b(?:retriev\w*|RAG|knowledge[- ](?:based|intensive|graph)\w*|embeddings?|knowledge editing|memory)\b/i,
    query: 'retrieval-augmented knowledge',
    prominence: 0.5,
  },
  {
    name: 'Training, data and architecture',
    aim: 'change how models are built and what they are trained on',
    words:
      /\b(?:pre-?train\w*|instruction[- ]tuning|fine-?tun\w*|post-training|alignment|architectures?|connectors?|projectors?|scaling|data (?:curation|selection|synthesis)|datasets?|preference optimi[sz]\w*|mixture[- ]of[- ]experts|encoders?|modality gap|continual)\b/i,
    query: 'training data architecture',
    prominence: 0.65,
  },
  {
    name: 'Evaluation and benchmarks',
    aim: 'measure what models can and cannot do',
    words: /\b(?:benchmark\w*|evaluat\w*|leaderboards?|assess\w*|judges?)\b/i,
    query: 'benchmark evaluation',
    prominence: 0.6,
  },
]
