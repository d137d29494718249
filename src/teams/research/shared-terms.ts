/** A method that several papers may have in common: how prose calls it, and how papers name it. */
export type SharedTerm = { term: string; words: RegExp }

export const SHARED_TERMS: readonly SharedTerm[] = [
  {
    term: 'reinforcement learning',
    words: /reinforcement (?:learning|fine-?tuning)|\bGRPO\b|\bRLVR\b|\bRLHF\b|policy optimi[sz]ation/i,
  },
  { term: 'chain-of-thought reasoning', words: /chain[- ]of[- ]thoughts?|\bCoT\b/i },
  { term: 'preference optimization', words: /preference optimi[sz]ation|\bDPO\b/i },
  { term: 'contrastive decoding', words: /contrastive decoding/i },
  { term: 'supervised fine-tuning', words: /supervised fine-?tuning|\bSFT\b/i },
  { term: 'knowledge distillation', words: /distill\w*/i },
  { term: 'mixture-of-experts layers', words: /mixture[- ]of[- ]experts|\bMoE\b/i },
  { term: 'retrieval augmentation', words: /retrieval[- ]augment\w*|\bRAG\b/i },
  {
    term: 'token pruning',
    words: /token (?:pruning|reduction|compression|merging)|prun\w+ (?:\w+ ){0,3}tokens/i,
  },
  {
    term: 'attention analysis',
    words: /attention (?:maps?|heads?|weights?|scores?|patterns?|distributions?|sinks?)/i,
  },
  { term: 'tool use', words: /tool[- ](?:us\w+|call\w*|invocation)|external tools|visual tools/i },
  { term: 'multi-agent collaboration', words: /multi-?agent/i },
  { term: 'diffusion models', words: /diffusion/i },
  {
    term: 'synthetic data',
    words:
      /synthetic (?:data|\w+ data|samples|images|pipeline)|data synthesis|synthesi[sz]ed (?:data|samples)/i,
  },
  { term: 'training-free intervention', words: /training-free/i },
  { term: 'memory', words: /\bmemory\b/i },
]

export const termNamed = (term: string): SharedTerm | undefined =>
  SHARED_TERMS.find((each) => each.term === term)
