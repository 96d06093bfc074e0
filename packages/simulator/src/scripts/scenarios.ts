/**
 * The scenarios, by name. They know no vendor: a reply, a refusal or a fault, which the wire format in use puts into its own
 * words.
 *
 * Every scenario that fails takes `times=N`: it fails the first N requests of a user turn, then answers as `auto`. `…-then-fine`
 * is `times=1`.
 */
import { currentTurn, type Conversation } from '../server/conversation.ts';
import type { Reply, ReplyPart } from '../server/reply.ts';
import { numberParameter, parseScenario, type Delivery, type FailureName, type FaultName, type Play, type Scenario, type ScenarioContext } from '../server/scenario.ts';
import { isDemoPrompt, playDemoTask } from './demo-task.ts';
import { hasPromptScript, playPromptScript } from './prompt-script.ts';
import { sampleOf } from './schema-sample.ts';

const PARAGRAPH =
  'The server answers in pieces, and the client puts them together. Umlauts äöü, the sign €, an emoji 🦦 and a line break\nshall all survive the cuts.';
const THOUGHT = '**Thinking about it**\n\nThe question is simple, so the answer can be short.';

const reply = (parts: readonly ReplyPart[], delivery?: Delivery, end?: Reply['end']): Play => ({
  kind: 'reply',
  reply: { parts, ...(end === undefined ? {} : { end }) },
  ...(delivery === undefined ? {} : { delivery }),
});
const text = (value: string): ReplyPart => ({ type: 'text', text: value });
const call = (name: string, input: Extract<ReplyPart, { type: 'tool-call' }>['input'] = {}): ReplyPart => ({
  type: 'tool-call',
  name,
  input,
});
const say = (value: string, delivery?: Delivery): Play => reply([text(value)], delivery);
const MANY = PARAGRAPH.repeat(4);

/** Decides by the last user text: a scenario named in it, a script in it, the demo, else a friendly echo. */
function playAuto(context: ScenarioContext): Play {
  const { conversation } = context;
  const { userText } = currentTurn(conversation);
  const named = /\[scenario ([^\]]+)\]/.exec(userText)?.[1];
  if (named !== undefined && !named.startsWith('auto')) {
    const { name, parameters } = parseScenario(named);
    const scenario = scenarios[name];
    return scenario === undefined ? say(`There is no scenario ${name}.`) : scenario.play({ ...context, parameters });
  }
  return playUnnamed(context);
}

/** What is left once the prompt's own scenario has had its say: naming it again would never end. */
function playUnnamed(context: ScenarioContext): Play {
  const { conversation } = context;
  const { userText } = currentTurn(conversation);
  if (hasPromptScript(userText)) return { kind: 'reply', reply: playPromptScript(conversation) };
  if (isDemoPrompt(userText)) return { kind: 'reply', reply: playDemoTask(conversation) };
  return { kind: 'reply', reply: { parts: answerPlainly(conversation) } };
}

function answerPlainly(conversation: Conversation): ReplyPart[] {
  const { forcedTool, schema, tools } = conversation;
  const turn = currentTurn(conversation);
  if (forcedTool !== undefined && turn.rounds === 0) {
    return [call(forcedTool, sampleOf(tools.find(({ name }) => name === forcedTool)?.schema))];
  }
  if (schema !== undefined) return [text(JSON.stringify(sampleOf(schema)))];
  const mediaCount = conversation.entries.reduce((sum, entry) => sum + ('mediaCount' in entry ? entry.mediaCount : 0), 0);
  const seen = mediaCount === 0 ? '' : ` I see ${mediaCount} ${mediaCount === 1 ? 'image' : 'images'}.`;
  return [{ type: 'reasoning', text: THOUGHT }, text(`You said: ${turn.userText.trim().slice(0, 2_000)}${seen}`)];
}

/** A play that happens to the first N requests of a turn only. */
function failing(summary: string, play: (context: ScenarioContext) => Play, timesDefault = Infinity): Scenario {
  return {
    summary,
    play: (context) => {
      const times = numberParameter(context.parameters, 'times') ?? timesDefault;
      return context.attempt < times ? play(context) : playUnnamed({ ...context, parameters: {} });
    },
  };
}

const failure = (name: FailureName, retryAfterDefault?: number) => ({ parameters }: ScenarioContext): Play => {
  const retryAfterSeconds = numberParameter(parameters, 'retryAfter') ?? retryAfterDefault;
  return { kind: 'failure', failure: name, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
};
const fault = (name: FaultName) => (): Play => ({ kind: 'fault', fault: name });
const breaking = (stop: NonNullable<Delivery['stop']>, afterDefault: number) => ({ parameters }: ScenarioContext): Play =>
  say(MANY, { stop, stopAfterEvents: numberParameter(parameters, 'after') ?? afterDefault });

/** Rounds of tool calls, then an answer. */
const rounds = (summary: string, steps: readonly (readonly ReplyPart[])[]): Scenario => ({
  summary,
  play: ({ conversation }) => {
    const turn = currentTurn(conversation);
    return reply(
      steps[turn.rounds] ?? [
        text(`All ${turn.results.length} tools have answered: ${turn.results.map((result) => result.text.length).join(', ')} characters.`),
      ],
    );
  },
});

export const scenarios: Readonly<Record<string, Scenario>> = {
  auto: {
    summary: 'decides by the last user text: `[scenario NAME]`, a `[script]`, the demo prompt, else an echo',
    play: playAuto,
  },
  demo: {
    summary: 'the demo task, whatever the prompt',
    play: ({ conversation }) => ({ kind: 'reply', reply: playDemoTask(conversation) }),
  },
  text: { summary: 'a short text', play: () => say(PARAGRAPH) },
  reasoning: {
    summary: 'a reasoning summary, then text',
    play: () => reply([{ type: 'reasoning', text: THOUGHT }, text(PARAGRAPH)]),
  },
  'redacted-reasoning': {
    summary: 'reasoning that cannot be read, then text',
    play: () => reply([{ type: 'reasoning', text: THOUGHT, redacted: true }, text(PARAGRAPH)]),
  },
  'several-texts': {
    summary: 'two reasoning summaries and two texts',
    play: () => reply([
      { type: 'reasoning', text: THOUGHT },
      text('First.'),
      { type: 'reasoning', text: 'More.' },
      text('Second.'),
    ]),
  },
  tools: rounds('several tool calls at once, then an answer', [
    [
      { type: 'reasoning', text: THOUGHT },
      call('read', { path: 'greeting.txt' }),
      call('list', {}),
      call('glob', { pattern: '**/*' }),
    ],
  ]),
  'tools-sequential': rounds('one tool call after the other, then an answer', [
    [{ type: 'reasoning', text: THOUGHT }, text('One at a time.'), call('list', {})],
    [call('read', { path: 'greeting.txt' })],
    [{ type: 'reasoning', text: 'Once more.' }, call('glob', { pattern: '*' })],
  ]),
  'tool-loop': { summary: 'calls a tool for ever', play: () => reply([call('list', {})]) },
  'tool-invalid-json': rounds(
    'a call whose arguments are no JSON',
    [[{ type: 'tool-call', name: 'read', inputText: '{"path": "greeting.txt' }]],
  ),
  'tool-array-json': rounds(
    'a call whose arguments are JSON, but no object',
    [[{ type: 'tool-call', name: 'read', inputText: '["greeting.txt"]' }]],
  ),
  'tool-unknown': rounds('a call of a tool that nobody offered', [[call('teleport', { to: 'Mars' })]]),
  'tool-no-arguments': rounds('a call with empty arguments', [[call('list', {})]]),
  refusal: { summary: 'the model refuses', play: () => reply([{ type: 'refusal', text: 'I cannot help with that.' }]) },
  incomplete: { summary: 'the output limit is reached', play: () => reply([text(PARAGRAPH)], undefined, { type: 'max-output' }) },
  'content-filter': {
    summary: 'stopped by the content filter',
    play: () => reply([text('It all began')], undefined, { type: 'content-filter' }),
  },
  continue: {
    summary: 'the model wants another request though it called no tool, once',
    play: ({ attempt }) => (attempt === 0 ? reply([text('Wait, there is more.')], undefined, { type: 'continue' }) : say('That was all.')),
  },
  empty: { summary: 'a finished answer without content', play: () => reply([]) },

  'usage-limit': failing('the plan is used up: 429', failure('usage-limit')),
  'usage-limit-404': failing('the same, as a 404', failure('usage-limit-404')),
  'rate-limit': failing('429 with a delay, once', failure('rate-limit', 0), 1),
  overloaded: failing('503, at capacity', failure('overloaded')),
  'overloaded-then-fine': failing('503 once', failure('overloaded'), 1),
  'server-error': failing('500', failure('server-error')),
  'server-error-then-fine': failing('500 once', failure('server-error'), 1),
  unauthorized: failing('401 always', failure('unauthorized')),
  'unauthorized-then-fine': failing('401 once', failure('unauthorized'), 1),
  billing: failing('no money left', failure('billing')),
  'context-overflow': failing('the history is too long', failure('context-overflow')),
  'invalid-request': failing('400', failure('invalid-request')),
  policy: failing('refused by policy', failure('policy')),
  'model-not-found': failing('no such model', failure('model-not-found')),
  'bad-image': failing('the image is none', failure('bad-image')),
  'too-large': failing('413', failure('too-large')),
  failed: failing('a failure inside the stream: `code=…`, `message=…`', ({ parameters }) =>
    reply(
      [text('It went well until')],
      undefined,
      { type: 'failed', code: parameters['code'] ?? 'server_error', message: parameters['message'] ?? 'Something went wrong.' },
    ),
  ),
  'failed-early': failing('the same before any content', ({ parameters }) =>
    reply(
      [],
      undefined,
      { type: 'failed', code: parameters['code'] ?? 'server_error', message: parameters['message'] ?? 'Something went wrong.' },
    ),
  ),
  'error-event': failing('a top-level error event before any content', ({ parameters }) =>
    reply(
      [],
      undefined,
      {
        type: 'error-event',
        code: parameters['code'] ?? 'server_error',
        message: parameters['message'] ?? 'Something went wrong.',
      },
    ),
  ),
  'error-event-mid-tool': failing('a top-level error event in the middle of a tool call', () =>
    reply(
      [call('read', { path: 'greeting.txt' })],
      undefined,
      { type: 'error-event', code: 'server_error', message: 'Something went wrong.' },
    ),
  ),

  'cut-stream': failing('the stream ends before it is complete', breaking('end', 12)),
  'cut-stream-then-fine': failing('the same, once', breaking('end', 12), 1),
  'cut-before-content': failing('the stream ends before any content, once', breaking('end', 1), 1),
  'cut-mid-tool': failing(
    'the stream ends in the middle of a tool call',
    () => reply([call('read', { path: 'greeting.txt' })], undefined, { type: 'cut' }),
  ),
  'truncated-chunk': failing('the connection ends inside a chunk', breaking('truncate', 8)),
  'reset-stream': failing('the connection is reset in mid-stream', breaking('reset', 8)),
  'silent-stream': failing('a head, then nothing for ever', breaking('stall', 0)),
  'stalled-stream': failing('a few events, then nothing for ever', breaking('stall', 8)),
  'slow-stream': { summary: 'an event every 30 ms (`delayMs=…`)', play: () => say(PARAGRAPH, { delayMs: 30 }) },
  'held-open': { summary: 'complete, but the connection stays open', play: () => say(PARAGRAPH, { holdOpen: true }) },
  comments: { summary: 'comment lines between the events', play: () => say(PARAGRAPH, { comment: 'keep-alive' }) },
  crlf: { summary: 'lines end in CRLF, a byte order mark first', play: () => say(PARAGRAPH, { lineEnd: 'crlf', bom: true }) },
  bulk: {
    summary: 'a great deal of text: `deltas=…`, `deltaBytes=…`',
    play: ({ parameters }) =>
      reply(
        [{
          type: 'bulk-text',
          deltas: numberParameter(parameters, 'deltas') ?? 10_000,
          deltaBytes: numberParameter(parameters, 'deltaBytes') ?? 32,
        }],
        { chunkBytes: 16_384 },
      ),
  },

  'html-200': failing('a page with status 200', fault('html-200')),
  'html-403': failing('blocked by the edge', fault('html-403')),
  redirect: failing('a 307 to another host', fault('redirect')),
  'json-200': failing('a JSON body where a stream was asked for', fault('json-200')),
  'empty-200': failing('an empty stream', fault('empty-200')),
  garbage: failing('a body that is neither a stream nor JSON', fault('garbage-200')),
  'garbage-stream': failing('a stream of nonsense', fault('garbage-stream')),
  'garbage-bytes': failing('bytes that are no HTTP', fault('garbage-bytes')),
  'bad-chunk-size': failing('a chunk size that is no number', fault('bad-chunk-size')),
  'oversized-head': failing('a head of two megabytes', fault('oversized-head')),
  'interim-flood': failing('two hundred interim responses, then the end', fault('interim-flood')),
  'no-answer': failing('nothing for ever', fault('no-answer')),
  reset: failing('the connection is reset', fault('reset')),
  'reset-then-fine': failing('the same, once', fault('reset'), 1),
  close: failing('the connection is closed without an answer', fault('close')),
};
