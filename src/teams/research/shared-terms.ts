/** A method, model family or benchmark that several papers may have in common. */
export type SharedTerm = { term: string; kind: 'method' | 'model' | 'benchmark'; words: RegExp }

const method = (term: string, words: RegExp): SharedTerm => ({ term, kind: 'method', words })
const model = (term: string, words: RegExp): SharedTerm => ({ term, kind: 'model', words })
const benchmark = (term: string, words: RegExp): SharedTerm => ({ term, kind: 'benchmark', words })

export const SHARED_TERMS: readonly SharedTerm[] = [
  method(
    'reinforcement learning',
    /reinforcement (?:learning|fine-?tuning)|\bGRPO\b|\bRLVR\b|\bRLHF\b|policy optimi[sz]ation/i,
  ),
  method('chain-of-thought reasoning', /chain[- ]of[- ]thoughts?|\bCoT\b/i),
  method('preference optimization', /preference optimi[sz]ation|\bDPO\b/i),
  method('contrastive decoding', /contrastive decoding/i),
  method('supervised fine-tuning', /supervised fine-?tuning|\bSFT\b/i),
  method('knowledge distillation', /distill\w*/i),
  method('mixture-of-experts layers', /mixture[- ]of[- ]experts|\bMoE\b/i),
  method('retrieval augmentation', /retrieval[- ]augment\w*|\bRAG\b/i),
  method('token pruning', /token (?:pruning|reduction|compression|merging)|prun\w+ (?:\w+ ){0,3}tokens/i),
  method(
    'attention analysis',
    /attention (?:maps?|heads?|weights?|scores?|patterns?|distributions?|sinks?)/i,
  ),
  method('tool use', /tool[- ](?:us\w+|call\w*|invocation)|external tools|visual tools/i),
  method('multi-agent collaboration', /multi-?agent/i),
  method('diffusion models', /diffusion/i),
  method(
    'synthetic data',
    /synthetic (?:data|\w+ data|samples|images|pipeline)|data synthesis|synthesi[sz]ed (?:data|samples)/i,
  ),
  method('training-free intervention', /training-free/i),
  method('memory', /\bmemory\b/i),
  model('Qwen-VL models', /\bQwen[\d.]*-?(?:VL|Omni)\b/i),
  model('LLaVA models', /\bLLaVA\b/i),
  model('InternVL models', /\bInternVL\b/i),
  model('GPT-4o', /\bGPT-4o\b/i),
  model('Gemini models', /\bGemini\b/i),
  benchmark('POPE', /\bPOPE\b/),
  benchmark('MMMU', /\bMMMU\b/),
  benchmark('MathVista', /\bMathVista\b/i),
  benchmark('Video-MME', /\bVideo-?MME\b/i),
  benchmark('CHAIR', /\bCHAIR\b/),
]

export const termNamed = (term: string): SharedTerm | undefined =>
  SHARED_TERMS.find((each) => each.term === term)
