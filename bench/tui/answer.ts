/** What is streamed: a recorded kind of answer (prose, a list, code, a table), in tokens of four characters, over and over. */
const TOKEN_CHARS = 4;

const ANSWER = `## What happens

The request is **encoded** once, and \`write()\` is called a single time; the response is decoded as it arrives, whatever the
pieces are. Two things follow from that, and both matter for a program that runs for hours in a terminal and must
neither flicker nor grow.

- No buffer is larger than the table of limits says, so memory stays flat.
- A deadline is a timer of its own, with its own code, which is what you read in the error.

\`\`\`ts
export async function* decode(source: AsyncIterable<Uint8Array>): AsyncGenerator<Event> {
  for await (const piece of source) yield* parser.push(piece); // one piece at a time
}
\`\`\`

| Phase | Limit | Code |
|---|--:|---|
| connect | 30,000 ms | NET_CONNECT_TIMEOUT |
| head | 600,000 ms | NET_HEAD_TIMEOUT |

`;

export function* answerTokens(count: number): Generator<string> {
  for (let sent = 0, at = 0; sent < count; sent += 1) {
    yield ANSWER.slice(at, at + TOKEN_CHARS);
    at = at + TOKEN_CHARS >= ANSWER.length ? 0 : at + TOKEN_CHARS;
  }
}
