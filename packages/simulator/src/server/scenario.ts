/**
 * A scenario says how the server behaves: which reply, which refusal, which fault. It is chosen by URL (`/s/NAME,key=value/…`),
 * so that a client sends nothing that it would not send to the real server; without one, by the option of `createSimulator`; else
 * by the prompt.
 */
import type { Conversation } from './conversation.ts';
import type { Reply } from './reply.ts';

/** A refusal with a status, in vendor-neutral words; the provider's `failures.ts` gives it its status, head and body. */
export type FailureName =
  | 'usage-limit' | 'usage-limit-404' | 'rate-limit' | 'overloaded' | 'server-error' | 'unauthorized' | 'billing'
  | 'context-overflow' | 'invalid-request' | 'policy' | 'model-not-found' | 'bad-image' | 'too-large';

/** Faults that no well-behaved HTTP server commits. The first group is HTTP, the second goes out by the raw socket. */
export type FaultName =
  | 'html-200' | 'html-403' | 'redirect' | 'json-200' | 'empty-200' | 'garbage-200' | 'garbage-stream'
  | 'garbage-bytes' | 'oversized-head' | 'no-answer' | 'reset' | 'close' | 'bad-chunk-size' | 'interim-flood';

export type Play =
  | { readonly kind: 'reply'; readonly reply: Reply; readonly delivery?: Delivery }
  | { readonly kind: 'failure'; readonly failure: FailureName; readonly retryAfterSeconds?: number }
  | { readonly kind: 'fault'; readonly fault: FaultName };

/**
 * How a stream breaks off. `stall`: nothing more comes, the connection stays. `end`: the body ends as HTTP says, the stream as no
 * model would. `truncate`: the connection ends inside a chunk. `reset`: TCP RST.
 */
export type StopKind = 'stall' | 'end' | 'truncate' | 'reset';

/** How the events of a reply travel. */
export interface Delivery {
  /** Body bytes a write; default one event a write. */
  readonly chunkBytes?: number;
  /** Between two writes. Default 0. */
  readonly delayMs?: number;
  /** After so many events: what happens. Default never. */
  readonly stopAfterEvents?: number;
  /** Default `end`. */
  readonly stop?: StopKind;
  /** A comment of this text before each event, as keep-alives are sent. */
  readonly comment?: string;
  /** After the last event: keep the connection open. */
  readonly holdOpen?: boolean;
  /** `crlf` ends lines with CRLF; `bom` starts with a byte order mark. */
  readonly lineEnd?: 'lf' | 'crlf';
  readonly bom?: boolean;
}

export interface ScenarioContext {
  readonly conversation: Conversation;
  /** How many requests of this user turn came before this one, retries included. */
  readonly attempt: number;
  readonly parameters: Readonly<Record<string, string>>;
}

export interface Scenario {
  readonly summary: string;
  readonly play: (context: ScenarioContext) => Play;
}

export interface ChosenScenario {
  readonly name: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Reads `slow-stream,delayMs=20`. A bare word after the name means `word=1`. */
export function parseScenario(text: string): ChosenScenario {
  const [name = '', ...pairs] = text.split(',');
  const parameters = Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      return at < 0 ? [pair, '1'] : [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
  return { name, parameters };
}

export function numberParameter(parameters: Readonly<Record<string, string>>, name: string): number | undefined {
  const value = Number(parameters[name]);
  return parameters[name] !== undefined && Number.isFinite(value) ? value : undefined;
}
