export const exampleGoal = 'My desk lamp does not work. Please refund order A-1001.'

/** The README of the new project. */
export const readme = (name: string): string => `# ${name}

A team of agents that answers letters asking for a refund, built on [Concord](https://www.npmjs.com/package/@concord-agents/concord).
It needs Node 24 or newer, no key and no network: a stand-in plays the language model.

\`\`\`sh
npm install
npm test        # types, and the teams with a scripted model
npx concord run "${exampleGoal}"
\`\`\`
The last command ends by asking you: money goes out only when a person agrees. Type \`y\`. Then look at what happened:
\`\`\`sh
npx concord trace last    # each step, each call
npx concord why last      # the same in sentences
\`\`\`

| file | what it is |
|---|---|
| \`concord.config.ts\` | who works together: team \`drafts\` writes and checks, team \`desk\` acts |
| \`agents/clerk.ts\` | a model with a tool; its answer is validated |
| \`agents/orders.ts\` | the tool, and the orders it finds |
| \`agents/auditor.ts\` | the checker: sends a draft back with reasons |
| \`agents/cashier.ts\` | asks a person, then pays once |
| \`agents/bookkeeper.ts\` | wakes when a refund is written to the shared memory |
| \`stand-in.ts\` | the stand-in for a model |
| \`desk.test.ts\` | tests of the teams |

**A real model.** Install its package (\`npm install @ai-sdk/openai\`), write \`OPENAI_API_KEY=...\` and
\`CONCORD_MODEL=openai/gpt-5\` into a file \`.env\`, and run the same command. \`ollama/llama3.2\` needs no key
(\`npm install @ai-sdk/openai-compatible\`).

**The wake.** Start \`npx concord serve\` in one terminal. In another, run a goal and approve it. Then
\`npx concord memory get refunded --namespace team/desk\` prints what the bookkeeper added up.

**Kill it.** Ctrl-C, \`kill -9\`, pull the plug: the same command continues where it was. What happened is in \`.concord/\`.

The guides are in \`node_modules/@concord-agents/concord/docs/guides\`; begin with \`tutorial.md\`.
`
