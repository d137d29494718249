/**
 * The field's model releases, by arXiv id: what a person of the field would miss in an overview. They are titled by a product, so
 * the words of a title cannot find them; each is in the source records and enters the corpus before the rest is chosen.
 */
export const RELEASES: readonly string[] = [
  // General models.
  '2504.10479', // InternVL3
  '2508.18265', // InternVL3.5
  '2504.07491', // Kimi-VL
  '2602.02276', // Kimi K2.5
  '2507.01006', // GLM-4.1V-Thinking
  '2505.07062', // Seed1.5-VL
  '2603.20633', // Seed1.8
  '2506.03569', // MiMo-VL
  '2507.01949', // Keye-VL
  '2509.01563', // Keye-VL 1.5
  '2508.11737', // Ovis2.5
  '2509.14033', // SAIL-VL2
  '2504.13180', // PerceptionLM
  '2504.15271', // Eagle 2.5
  '2505.08751', // Aya Vision
  '2603.03975', // Phi-4-reasoning-vision
  '2604.08644', // EXAONE 4.5
  '2607.02770', // Gemma 4
  '2504.05299', // SmolVLM
  '2507.05934', // BlueLM-2.5-3B
  // Reasoning by reinforcement learning.
  '2503.17352', // OpenVLThinker
  '2503.18013', // Vision-R1
  '2505.14362', // DeepEyes
  '2508.11630', // Thyme
  '2507.06167', // Skywork-R1V3
  '2505.07263', // Skywork-VL Reward
  // Understanding and generation in one model.
  '2505.09568', // BLIP3-o
  '2506.15564', // Show-o2
  '2506.23044', // Ovis-U1
  '2506.03147', // UniWorld
  '2510.06590', // Ming-UniVision
  '2510.06308', // Lumina-DiMOO
  // Audio, documents, agents, medicine, robots.
  '2507.16632', // Step-Audio 2
  '2510.18234', // DeepSeek-OCR
  '2603.10910', // GLM-OCR
  '2507.05595', // PaddleOCR 3.0
  '2508.09123', // OpenCUA
  '2508.10833', // UI-Venus
  '2606.31410', // Xiaomi-GUI-0
  '2507.05201', // MedGemma
  '2508.08224', // GPT-5 on medical reasoning
  '2508.13142', // GPT-5 and spatial intelligence
  '2507.02029', // RoboBrain 2.0
]
