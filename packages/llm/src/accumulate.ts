/**
 * Stream events in, one assistant message out: for the agent, the screen and the tests alike.
 *
 * Parts stand in the order in which their blocks were opened. A block's text is the vendor's authoritative whole where
 * its end carries one, else its deltas, joined (`joined-text.ts`). Calls count when their `tool-call` came; an unfinished input
 * is no call. Time and memory are linear in the text, and nothing is parsed.
 */
import { JoinedText } from './joined-text.ts';
import type { AssistantMessage, AssistantPart, Origin, ToolCallPart } from './message.ts';
import { ProviderError } from './provider-error.ts';
import type { FinishEvent, StreamEvent } from './stream-event.ts';
import { noUsage, type Usage } from './usage.ts';

export interface Accumulator {
  push(event: StreamEvent): void;
  /** What has come so far. Calls that are not finished are left out: nobody may run them, and nothing may answer them. */
  parts(): AssistantPart[];
  /** As `parts`, with unfinished calls as far as they came, their input undefined: for errors, never for a conversation. */
  partial(): AssistantPart[];
  /** The message; without a `finish` event it gets `unfinished` as its reason and can never be replayed. */
  message(unfinished?: 'error' | 'aborted'): AssistantMessage;
}

type Block =
  | { readonly type: 'text' | 'reasoning'; readonly text: JoinedText; whole: string | undefined }
  | CallBlock;

interface CallBlock {
  readonly type: 'call';
  readonly id: string;
  readonly name: string;
  readonly text: JoinedText;
  /** Undefined until it is finished. */
  call: ToolCallPart | undefined;
}

/** @param textCharsMax - Of all deltas in sum; what goes beyond is dropped. Default: no limit. */
export function createAccumulator(origin: Origin, textCharsMax = Infinity): Accumulator {
  const blocks: Block[] = [];
  const open = new Map<string, Block>();
  let start: Extract<StreamEvent, { type: 'response-start' }> | undefined;
  let usage: Usage | undefined;
  let finish: FinishEvent | undefined;
  let textChars = 0;
  /** The block of the last delta: the next one nearly always belongs to it, and finding it again costs a key. */
  let last: { readonly kind: string; readonly id: string; readonly block: Block } | undefined;

  const add = (key: string, block: Block): void => {
    blocks.push(block);
    open.set(key, block);
    last = undefined;
  };
  const append = (kind: 'text' | 'reasoning' | 'call', id: string, text: string): void => {
    if (last?.id !== id || last.kind !== kind) {
      const found = open.get(`${kind} ${id}`);
      last = found === undefined ? undefined : { kind, id, block: found };
    }
    const block = last?.block;
    if (block === undefined || textChars + text.length > textCharsMax) return;
    textChars += text.length;
    block.text.add(text);
  };
  const close = (key: string, whole: string | undefined): void => {
    const block = open.get(key);
    if (block !== undefined && block.type !== 'call') block.whole = whole;
    open.delete(key);
    last = undefined;
  };
  const addCall = (call: ToolCallPart): void => {
    const block = open.get(`call ${call.id}`);
    if (block?.type === 'call') block.call = call;
    else blocks.push({ type: 'call', id: call.id, name: call.name, text: new JoinedText(), call });
    open.delete(`call ${call.id}`);
    last = undefined;
  };
  const parts = (): AssistantPart[] => blocks.flatMap(toPart);

  return {
    push(event) {
      switch (event.type) {
        case 'response-start': start = event; break;
        case 'text-start': add(`text ${event.id}`, { type: 'text', text: new JoinedText(), whole: undefined }); break;
        case 'text-delta': append('text', event.id, event.text); break;
        case 'text-end': close(`text ${event.id}`, event.text); break;
        case 'reasoning-start':
          add(`reasoning ${event.id}`, { type: 'reasoning', text: new JoinedText(), whole: undefined });
          break;
        case 'reasoning-delta': append('reasoning', event.id, event.text); break;
        case 'reasoning-end': close(`reasoning ${event.id}`, event.text); break;
        case 'tool-input-start': 
          add(`call ${event.id}`, { type: 'call', id: event.id, name: event.name, text: new JoinedText(), call: undefined });
          break;
        case 'tool-input-delta': append('call', event.id, event.text); break;
        case 'tool-call': addCall(event.call); break;
        case 'usage': usage = event.usage; break;
        case 'finish': finish = event; break;
        case 'tool-input-end': case 'rate-limits': case 'warning': case 'retry': break;
        default: event satisfies never;
      }
    },
    parts,
    partial: () =>
      blocks.flatMap((block) =>
        block.type === 'call' && block.call === undefined
          ? [{ type: 'tool-call', id: block.id, name: block.name, input: undefined, inputText: block.text.toString() }]
          : toPart(block),
      ),
    message(unfinished = 'aborted') {
      return {
        role: 'assistant',
        content: parts(),
        origin,
        finishReason: finish?.reason ?? unfinished,
        ...(finish?.rawReason === undefined ? {} : { rawFinishReason: finish.rawReason }),
        usage: finish?.usage ?? usage ?? noUsage,
        ...(start?.responseId === undefined ? {} : { responseId: start.responseId }),
        ...(start?.model === undefined || start.model === origin.model ? {} : { responseModel: start.model }),
        ...(start?.requestId === undefined ? {} : { requestId: start.requestId }),
        ...(finish === undefined ? {} : { providerMetadata: { origin, raw: finish.raw } }),
      };
    },
  };
}

function toPart(block: Block): AssistantPart[] {
  if (block.type === 'call') return block.call === undefined ? [] : [block.call];
  const text = block.whole ?? block.text.toString();
  // An empty thought is kept: it says that there was one. An empty text says nothing.
  return block.type === 'text' && text === '' ? [] : [{ type: block.type, text }];
}

/**
 * Reads a whole stream into its message.
 *
 * @throws {ProviderError} what the stream throws; `PROVIDER_TRUNCATED_STREAM` where it ends without `finish`.
 */
export async function accumulate(events: AsyncIterable<StreamEvent>, origin: Origin): Promise<AssistantMessage> {
  const accumulator = createAccumulator(origin);
  let finished = false;
  for await (const event of events) {
    accumulator.push(event);
    finished ||= event.type === 'finish';
  }
  if (finished) return accumulator.message();
  throw new ProviderError('PROVIDER_TRUNCATED_STREAM', 'the stream ended without a finish event', {
    retryable: true,
    partial: accumulator.partial(),
  });
}
