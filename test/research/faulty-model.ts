import type { ModelRequest } from '../../src/index.ts'
import { scriptedModel } from '../../src/testing/index.ts'

type Input = { [name: string]: unknown }
export type Answer = { [key: string]: unknown }
export type Claim = { text: string; evidence: string[] }
type Evidence = { id: string; kind: string; sentence: string }
type Paper = { paper: string; authors: string; system?: string; title: string; evidence: Evidence[] }

/** What a request asks about: the user's message is JSON. */
export const asked = (request: ModelRequest): Input => {
  const message = request.messages.find(({ role }) => role === 'user')
  return JSON.parse(typeof message?.content === 'string' ? message.content : '{}')
}

const firstSentence = (text: string): string => /^.*?[.!?](?=\s|$)/s.exec(text)?.[0] ?? text

/** `We introduce X` as its authors' deed, otherwise what they report. */
const retold = (authors: string, sentence: string): string =>
  /^we\b/i.test(sentence)
    ? `${authors}${sentence.replace(/^we\b/i, '').replace(/\bour\b/gi, 'their')}`
    : `${authors} report that ${sentence.charAt(0).toLowerCase()}${sentence
        .slice(1)
        .replace(/\b[Ww]e\b/g, 'they')
        .replace(/\b[Oo]ur\b/g, 'their')}`

const statesResult = ({ kind }: Evidence): boolean => kind === 'result' || kind === 'finding'

const claimsOf = (papers: readonly Paper[]): Claim[] =>
  papers.flatMap(({ authors, evidence }) =>
    evidence
      .filter((each) => each.kind !== 'gap')
      .slice(0, 1)
      .map(({ id, sentence }) => ({ text: retold(authors, sentence), evidence: [id] })),
  )

const ANSWERS: { [name: string]: (input: Input) => Answer } = {
  understanding: () => ({
    topic: 'hallucination in vision-language models',
    kind: 'survey',
    concepts: [{ text: 'hallucination', names: ['hallucinations'] }],
    queries: ['object hallucination decoding', 'hallucination benchmark'],
    problems: 2,
  }),
  relevance: ({ papers }) => ({ relevant: (papers as { id: string }[]).map(({ id }) => id), queries: [] }),
  reading: ({ abstract, authors }) => {
    const who = `${String((authors as string[])[0])
      .split(' ')
      .at(-1)} et al.`
    const sentences = String(abstract)
      .split(/(?<=\.)\s+(?=[A-Z])/)
      .filter((sentence) => String(abstract).includes(sentence))
    const offer = sentences.find((sentence) => /\bwe (?:propose|introduce|present)/i.test(sentence))
    const result = sentences.find((sentence) => /\d/.test(sentence) && sentence !== offer)
    const first = firstSentence(String(abstract))
    return {
      statements: [
        { kind: 'contribution', text: retold(who, offer ?? first), sentence: offer ?? first },
        ...(result === undefined ? [] : [{ kind: 'result', text: retold(who, result), sentence: result }]),
        { kind: 'gap', text: first, sentence: first },
      ],
    }
  },
  narrative: ({ papers }) => {
    const claims = claimsOf(papers as Paper[])
    return {
      answer: claims.slice(0, 2),
      sections: [{ name: 'What the model made of it', claims: claims.slice(2) }],
    }
  },
  repair: ({ claims }) => ({
    claims: (claims as { id: string; evidence: { id: string; sentence: string }[] }[]).flatMap(
      ({ id, evidence }) => {
        const [first] = evidence
        return first === undefined || first.sentence === ''
          ? []
          : [{ id, text: retold('The authors', first.sentence), evidence: [first.id] }]
      },
    ),
  }),
  judgement: ({ claims }) => ({
    verdicts: (claims as { id: string }[]).map(({ id }) => ({
      id,
      supported: true,
      reason: 'the sentence says it',
    })),
  }),
  problems: ({ papers }) => ({
    problems: (papers as Paper[])
      .flatMap(({ authors, evidence }) =>
        evidence.filter(({ kind }) => kind === 'gap').map((gap) => ({ authors, ...gap })),
      )
      .slice(0, 2)
      .map(({ id, authors, sentence }) => ({
        title: 'Something open',
        gaps: [{ text: retold(authors, sentence), evidence: [id] }],
        question: 'How could it be closed?',
      })),
  }),
}

export type Tamper = (name: string, answer: Answer, call: number, input: Input) => unknown

/** A model that does its work: by the name of the output it is asked for. `tamper` may spoil an answer. */
export const diligent = (tamper: Tamper = (_, answer) => answer) => {
  const calls = new Map<string, number>()
  return scriptedModel((request) => {
    const name = request.output?.name ?? ''
    const call = calls.get(name) ?? 0
    calls.set(name, call + 1)
    const input = asked(request)
    return JSON.stringify(tamper(name, ANSWERS[name]!(input), call, input))
  })
}

export type Mistake = {
  name: string
  fault: RegExp
  plant: (claim: Claim, papers: readonly Paper[]) => boolean
}

const own = (claim: Claim, papers: readonly Paper[]): Paper | undefined =>
  papers.find(({ paper }) => claim.evidence[0]?.startsWith(`${paper}#`))

/** The mistakes models make, each planted into the first claim that it fits. */
export const MISTAKES: readonly Mistake[] = [
  {
    name: 'a misread number',
    fault: /states 97\.3%, which does not stand in|gives 97\.3%/,
    plant: (claim, papers) => {
      const paper = own(claim, papers)
      const result = paper?.evidence.find(
        (each) => statesResult(each) && /\d+(?:\.\d+)?\\?%/.test(each.sentence),
      )
      if (paper === undefined || result === undefined) return false
      claim.evidence = [result.id]
      claim.text = retold(paper.authors, result.sentence).replace(/\d+(?:\.\d+)?(?=\\?%)/, '97.3')
      return true
    },
  },
  {
    name: 'a finding given to the authors of another paper',
    fault: /attributes (?:its statement )?to /,
    plant: (claim, papers) => {
      const paper = own(claim, papers)
      const other = papers.find(({ paper: id, authors }) => id !== paper?.paper && authors !== paper?.authors)
      if (paper === undefined || other === undefined || !claim.text.includes(paper.authors)) return false
      claim.text = claim.text.replace(paper.authors, other.authors)
      return true
    },
  },
  {
    name: 'two papers merged into one',
    fault: /not supported by|says only the opposite|names .*of which .* (?:does|do) not speak/,
    plant: (claim, papers) => {
      const paper = own(claim, papers)
      const other = papers.find(({ paper: id }) => id !== paper?.paper)
      const result = other?.evidence.find(statesResult)
      if (paper === undefined || result === undefined) return false
      claim.text = `${claim.text.replace(/\.$/, '')}, and ${result.sentence.charAt(0).toLowerCase()}${result.sentence.slice(1)}`
      return true
    },
  },
  {
    name: 'an invented citation',
    fault: /not among the sources/,
    plant: (claim) => {
      claim.evidence = ['2699.00001#0']
      return true
    },
  },
  {
    name: 'an over-claim',
    fault: /not supported by|says "(?:all|never|prove|any)"|names OpenAI/,
    plant: (claim, papers) => {
      const paper = own(claim, papers)
      if (paper === undefined) return false
      claim.text = `${paper.authors} prove that all vision-language models never hallucinate on any benchmark, and OpenAI uses it in production.`
      return true
    },
  },
]
