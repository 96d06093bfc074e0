/**
 * A client that talks to us over standard input: its prompts in order, each with a signal of its own that an `interrupt` aborts.
 *
 * Input is read while a run goes on, so that an interrupt is seen at once; at most `promptsWaitingMax` prompts wait, then it is
 * not read further. The end of the input ends the program once the prompts are answered; so does a signal.
 */
import type { UserPart } from '@sx/llm';

import { type ClientLine, createStreamJsonDecoder, streamJsonLimits } from './stream-json-decoder.ts';

export interface ClientPrompt {
  readonly content: readonly UserPart[];
  readonly signal: AbortSignal;
}

export interface StreamJsonInputOptions {
  readonly stream: NodeJS.ReadableStream;
  readonly signal: AbortSignal;
  /** One line to the client. */
  readonly respond: (line: string) => void;
}

/** @throws {CliError} of the decoder, once the prompts before it were answered. */
export async function* readStreamJson(
  { stream, signal, respond }: StreamJsonInputOptions,
): AsyncGenerator<ClientPrompt, void, undefined> {
  const decoder = createStreamJsonDecoder();
  const waiting: (readonly UserPart[])[] = [];
  let ended = false;
  let fault: unknown;
  let current: AbortController | undefined;
  let wake: () => void = () => undefined;

  const take = (line: ClientLine): void => {
    if (line.kind === 'request') return answer(line.id, line.subtype);
    waiting.push(line.content);
    if (waiting.length >= streamJsonLimits.promptsWaitingMax) stream.pause();
  };
  const answer = (id: string, subtype: string): void => {
    const known = subtype === 'interrupt' || subtype === 'initialize';
    if (subtype === 'interrupt') current?.abort();
    const response = known
      ? {
        subtype: 'success',
        request_id: id,
        response: subtype === 'initialize' ? { commands: [], output_style: 'default' } : {},
      }
      : { subtype: 'error', request_id: id, error: `sx does not know the request ${JSON.stringify(subtype.slice(0, 80))}` };
    respond(`${JSON.stringify({ type: 'control_response', response })}\n`);
  };
  const guarded = (step: () => void): void => {
    if (ended) return;
    try {
      step();
    } catch (error) {
      fault = error;
      ended = true;
      stream.pause();
    }
    wake();
  };
  const finish = (): void => guarded(() => {
    ended = true;
    decoder.end(take);
  });
  const stop = (): void => {
    ended = true;
    wake();
  };
  stream.on('data', (piece: Buffer | string) => guarded(() => decoder.push(Buffer.from(piece), take)));
  stream.once('end', finish);
  // A descriptor that is closed or cannot be read: what came before counts.
  stream.once('error', finish);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();

  try {
    for (;;) {
      const content = signal.aborted ? undefined : waiting.shift();
      if (content !== undefined) {
        if (!ended) stream.resume();
        current = new AbortController();
        yield { content, signal: AbortSignal.any([signal, current.signal]) };
        current = undefined;
      } else if (fault !== undefined) throw fault;
      else if (ended) return;
      else await new Promise<void>((resolve) => void (wake = resolve));
    }
  } finally {
    signal.removeEventListener('abort', stop);
    stream.pause();
  }
}
