/** Words of the field in other languages, and their English; matched at the start of a word, case ignored. */
const GERMAN: [string, string][] = [
  ['bild-sprach-modell\\w*|bildsprachmodell\\w*|vision-language-modell\\w*', 'vision-language models'],
  ['multimodale\\w*\\s+(?:große\\w*\\s+)?(?:sprach)?modell\\w*', 'multimodal LLMs'],
  ['sprachmodell\\w*', 'language models'],
  ['halluzin\\w*', 'hallucination'],
  ['multimodal\\w*', 'multimodal'],
  ['video-?verst\\S*ndnis\\w*', 'video understanding'],
  ['medizin\\w*', 'medical'],
  ['radiolog\\w*', 'radiology'],
  ['sicher\\w*', 'safety'],
  ['räumlich\\w*\\s+(?:denken|schlussfolgern|verständnis)', 'spatial reasoning'],
  ['verstärk\\w*\\s*lern\\w*', 'reinforcement learning'],
  ['schlussfolger\\w*', 'reasoning'],
  ['diagramm\\w*', 'chart understanding'],
  ['dokument\\w*', 'document'],
  ['agenten\\w*', 'agents'],
  ['effizien\\w*', 'efficiency'],
  ['roboter\\w*|robotik', 'robot'],
  ['verzerrung\\w*|vorurteil\\w*', 'bias'],
  ['verneinung\\w*|negation\\w*', 'negation'],
  ['verlern\\w*|vergess\\w*', 'machine unlearning'],
  ['zähl\\w*', 'counting'],
  ['geometri\\w*', 'geometry'],
  ['emotion\\w*|gefühl\\w*', 'emotion'],
  ['musik\\w*', 'music'],
  ['hintert[uü]r\\w*', 'backdoor'],
  ['autonome\\w*\\s+fahr\\w*', 'autonomous driving'],
  ['fernerkundung\\w*', 'remote sensing'],
  ['kultur\\w*', 'cultural'],
  ['sprachen', 'multilingual'],
  ['angriff\\w*', 'attacks'],
]
const ROMANCE: [string, string][] = [
  [
    'mod[eèé]l[eo]s?\\s+(?:de\\s+)?(?:langage|lenguaje|linguagem|linguaggio)\\s+multimod\\w*',
    'multimodal LLMs',
  ],
  ['(?:grandes?\\s+)?mod[eèé]l\\w+\\s+multimod\\w*|modell\\w+\\s+multimod\\w*', 'multimodal LLMs'],
  [
    'vis(?:ion|ión|ão|ione)[- ](?:langage|lenguaje|linguagem|linguaggio)|visuo-?linguistique\\w*',
    'vision-language models',
  ],
  ['hallucin\\w*|aluc[ií]n\\w*|alucina\\w*|allucin\\w*', 'hallucination'],
  ['vid[eé]os?', 'video'],
  ['s[eé]curit\\w*|seguridad|segurança|sicurezza|s[uû]ret\\w*', 'safety'],
  ['m[eé]dic\\w*', 'medical'],
  ['radiolog\\w*', 'radiology'],
  ['raisonnement|razonamiento|raciocínio|ragionamento', 'reasoning'],
  ['spatial\\w*|espacia\\w*|spazial\\w*', 'spatial'],
  ['renforcement|refuerzo|reforço|rinforzo', 'reinforcement learning'],
  ['graphiques?|gr[aá]fic\\w*', 'chart'],
  ['documents?|documento\\w*', 'document'],
  ['agents?\\b|agentes', 'agents'],
  ['efficacit\\w*|eficien\\w*|efficien\\w*', 'efficiency'],
  ['biais|sesgos?|viés|vieses', 'bias'],
  ['n[eé]gation\\w*|negaci[oó]n\\w*|negação|negazione', 'negation'],
  ['d[eé]sapprent\\w*|desaprend\\w*|oubli\\w*|disimpar\\w*', 'machine unlearning'],
  ['comptage|conteo|contagem|conteggio', 'counting'],
  ['g[eé]om[eé]tri\\w*', 'geometry'],
  ['[eé]moti?on\\w*|emoci\\w*|emoç\\w*|emozion\\w*', 'emotion'],
  ['musique|m[uú]sica', 'music'],
  ['portes? d[eé]rob[eé]es?|puertas? traseras?|backdoors?', 'backdoor'],
  ['conduite autonome|conducci[oó]n aut[oó]noma|guida autonoma', 'autonomous driving'],
  ['t[eé]l[eé]d[eé]tection|teledetecci[oó]n|telerilevamento', 'remote sensing'],
  ['cultur\\w*', 'cultural'],
  ['attaques?|ataques?|attacc\\w*', 'attacks'],
]
const CHINESE: [string, string][] = [
  ['视觉语言(?:大)?模型|视觉-语言模型', 'vision-language models'],
  ['多模态(?:大)?(?:语言)?(?:大)?模型|多模態(?:大)?(?:語言)?模型', 'multimodal LLMs'],
  ['大(?:语言)?模型|語言模型', 'language models'],
  ['多模态|多模態', 'multimodal'],
  ['幻觉|幻覺', 'hallucination'],
  ['视频(?:理解)?|影片', 'video understanding'],
  ['强化学习|強化學習', 'reinforcement learning'],
  ['空间推理|空間推理', 'spatial reasoning'],
  ['推理', 'reasoning'],
  ['视觉(?:令牌|标记|token)\\s*(?:剪枝|压缩)?|token\\s*剪枝', 'visual token pruning'],
  ['剪枝', 'token pruning'],
  ['越狱|越獄', 'jailbreak'],
  ['安全', 'safety'],
  ['医学|医疗|醫學|醫療', 'medical'],
  ['放射', 'radiology'],
  ['图表|圖表', 'chart understanding'],
  ['文档|文件理解', 'document'],
  ['智能体|代理', 'agents'],
  ['音频|语音|語音', 'audio'],
  ['偏见|偏見', 'bias'],
  ['高效|效率', 'efficiency'],
  ['遗忘学习|机器遗忘|遗忘|機器遺忘', 'machine unlearning'],
  ['否定', 'negation'],
  ['计数|計數', 'counting'],
  ['几何|幾何', 'geometry'],
  ['情感|情绪', 'emotion'],
  ['音乐|音樂', 'music'],
  ['后门|後門', 'backdoor'],
  ['自动驾驶|自動駕駛', 'autonomous driving'],
  ['遥感|遙感', 'remote sensing'],
  ['文化', 'cultural'],
  ['攻击|攻擊', 'attacks'],
]
const JAPANESE_KOREAN_RUSSIAN: [string, string][] = [
  ['マルチモーダル(?:大規模)?(?:言語)?(?:モデル|LLM)?', 'multimodal LLMs'],
  ['視覚言語モデル', 'vision-language models'],
  ['言語モデル', 'language models'],
  ['ハルシネーション|幻覚', 'hallucination'],
  ['動画|ビデオ', 'video understanding'],
  ['推論', 'reasoning'],
  ['安全性', 'safety'],
  ['医療|医学', 'medical'],
  ['멀티모달(?:\\s*(?:대형)?\\s*(?:언어)?\\s*모델)?', 'multimodal LLMs'],
  ['환각', 'hallucination'],
  ['비디오|영상', 'video understanding'],
  ['추론', 'reasoning'],
  ['안전', 'safety'],
  ['의료', 'medical'],
  ['мультимодальн\\S*(?:\\s+(?:языков\\S*\\s+)?модел\\S*)?', 'multimodal LLMs'],
  ['галлюцинаци\\S*', 'hallucination'],
  ['видео', 'video understanding'],
  ['безопасност\\S*', 'safety'],
  ['медицин\\S*', 'medical'],
  ['рассужден\\S*', 'reasoning'],
]

type Cue = [RegExp, string]
/** Question words and wishes, as English openings that the rest of the understanding knows. */
const OPENINGS: Cue[] = [
  [/为什么|為什麼|为何|なぜ|왜|(?<!\p{L})(?:warum|weshalb|pourquoi|por qué|perché|почему)(?!\p{L})/iu, 'Why'],
  [
    /哪些|哪个|哪种|什么方法|どの|어떤|(?<!\p{L})(?:welche[rnms]?|quel(?:le)?s?|qu[eé]|qual|quali|cu[aá]l(?:es)?|какие|какой)(?!\p{L})/iu,
    'Which',
  ],
  [/比较|對比|对比|比較|비교|\b(?:vergleich\w*|compar\w*|confront\w*|сравн\S*)/iu, 'Compare'],
  [
    /评估|评测|如何评价|\b(?:bewertet|evaluiert|gemessen|[eé]valu\w+|evalúa\w*|valutat\w*)\b/iu,
    'How is evaluated',
  ],
  [/多少|何本|\b(?:wie viele|combien|cu[aá]ntos|quanti|quantos)\b/iu, 'How many'],
]

const FUNCTION_WORDS: { [language: string]: RegExp } = {
  German:
    /\b(?:der|die|das|und|ist|sind|wie|was|welche[rnms]?|warum|zu|zum|zur|mit|für|über|bei|eine?[rnms]?|fasse|gibt|den|dem|nicht|von|im|am|auf|als|auch|oder|durch|ohne|gegen|zwischen|verschieden\w*|verstehen|können|werden|haben|sprachen)\b/giu,
  French:
    /\b(?:le|la|les|des|du|et|est|sont|dans|pour|quels?|quelles?|sur|une?|pourquoi|comment|que|résumez?|aux?)\b/giu,
  Spanish: /\b(?:el|los|las|del|y|es|son|en|para|qué|cuál(?:es)?|sobre|una?|por|cómo|resume|resumen)\b/giu,
  Italian:
    /\b(?:il|lo|gli|della?|dei|delle|di|e|è|sono|nei|nelle|per|quali|sui|una?|perché|come|riassumi)\b/giu,
  Portuguese: /\b(?:os?|as|dos?|das?|e|é|são|em|nos?|nas?|para|quais|sobre|uma?|por|como|resuma)\b/giu,
}
/** One of these is enough where there is no English word beside it. */
const ASKING: { [language: string]: RegExp } = {
  German:
    /(?<!\p{L})(?:liste|nenne|vergleiche|fasse|warum|weshalb|wieso|welche[rnms]?|wie|kann|können|gibt|überblick|zusammenfassung)(?!\p{L})/iu,
  French: /(?<!\p{L})(?:pourquoi|quel(?:le)?s?|peut-on|résumé|résumez)(?!\p{L})/iu,
  Spanish: /(?<!\p{L})(?:qué|cuál(?:es)?|cómo|puede|pueden|resumen)(?!\p{L})/iu,
  Italian: /(?<!\p{L})(?:perché|quali|riassunto)(?!\p{L})/iu,
  Portuguese: /(?<!\p{L})(?:por que|quais|resumo)(?!\p{L})/iu,
}
const ENGLISH =
  /\b(?:the|of|and|in|is|are|what|which|how|why|do|does|on|for|to|with|about|a|an|can|summari[sz]e|review|list|compare)\b/giu

const SCRIPTS: [RegExp, string][] = [
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/u, 'Japanese'],
  [/\p{Script=Hangul}/u, 'Korean'],
  [/\p{Script=Han}/u, 'Chinese'],
  [/\p{Script=Cyrillic}/u, 'Russian'],
  [/\p{Script=Arabic}/u, 'Arabic'],
  [/\p{Script=Devanagari}/u, 'Hindi'],
]

/** The language a question is written in: by its script, or by its function words where another language has more than English. */
export const languageOf = (text: string): string => {
  const script = SCRIPTS.find(([pattern]) => pattern.test(text))
  if (script !== undefined) return script[1]
  const english = text.match(ENGLISH)?.length ?? 0
  if (english === 0) {
    const asking = Object.entries(ASKING).find(([, words]) => words.test(text))
    if (asking !== undefined) return asking[0]
  }
  let best = 'English'
  let most = Math.max(1, english)
  for (const [language, words] of Object.entries(FUNCTION_WORDS)) {
    const found = text.match(words)?.length ?? 0
    if (found > most) [best, most] = [language, found]
  }
  return best
}

const TABLES: { [language: string]: [string, string][] } = {
  German: GERMAN,
  French: ROMANCE,
  Spanish: ROMANCE,
  Italian: ROMANCE,
  Portuguese: ROMANCE,
  Chinese: CHINESE,
  Japanese: JAPANESE_KOREAN_RUSSIAN,
  Korean: JAPANESE_KOREAN_RUSSIAN,
  Russian: JAPANESE_KOREAN_RUSSIAN,
}

/** A name written in Latin letters is the same in every language. */
const NAME = /(?<![\p{L}\p{N}])(?:[A-Z][A-Za-z]*[A-Z\d][\w.-]*|[A-Z]{2,}[\w-]*)(?![\p{L}])/gu

/**
 * The question's subject in English as far as its words can be mapped: by a small glossary of the field, and names as they stand. Empty
 * when nothing can.
 */
export const inEnglish = (text: string, language: string): string => {
  const found: { at: number; english: string }[] = []
  let rest = text
  for (const [source, english] of TABLES[language] ?? []) {
    const pattern = new RegExp(/\p{Script=Latin}/u.test(source) ? `(?<!\\p{L})(?:${source})` : source, 'giu')
    rest = rest.replace(pattern, (match, ...more) => {
      found.push({ at: more.at(-2) as number, english })
      return ' '.repeat(match.length)
    })
  }
  for (const match of rest.matchAll(NAME)) found.push({ at: match.index, english: match[0] })
  if (found.length === 0) return ''
  const words = [...new Set(found.sort((a, b) => a.at - b.at).map(({ english }) => english))]
  const opening = OPENINGS.find(([pattern]) => pattern.test(text))?.[1]
  const subject = words.join(', ')
  if (opening === 'How is evaluated') return `How is ${subject} evaluated?`
  return opening === undefined ? subject : `${opening} ${subject}?`
}
