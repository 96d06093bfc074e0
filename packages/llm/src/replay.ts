/**
 * The conversation as one vendor may see it again: the pre-pass that every protocol runs before it writes its body.
 *
 * In: the whole history, the origin that is asked now, what its model can read. Out: messages in which
 * - an assistant message of the same origin carries `raw`, to be sent verbatim; of another origin it has only what
 *   crosses vendors: text and calls. Thoughts, signatures and hosted tools' items stay behind, and no thought becomes text;
 * - call ids are legal and unique, through one table (`call-ids.ts`);
 * - every call has exactly one result, in the order of the calls, in one tool message right behind it. A missing one is
 *   made up as an error; one without a call is dropped; what stood between calls and results comes after them;
 * - turns that ended in `error` or `aborted` are gone, with their results;
 * - media that the model cannot read are a line of text instead;
 * - no string holds a lone surrogate or NUL, no text part is empty.
 *
 * Each output depends only on the messages before it and their results. So the replay of a longer history begins with
 * the replay of the shorter one, which is what caches and signatures need, also after a detour over another vendor.
 *
 * Left to the protocols, because vendors differ: merging neighbours of one role, alternation, images out of tool results,
 * what a lone thought at the end of a cut message is worth.
 */
import { type CallIds, createCallIds } from './call-ids.ts';
import type { JsonValue } from './json.ts';
import {
  type AssistantMessage, type MediaPart, type Message, type Origin, sameOrigin, type TextPart, type ToolCallPart,
  type ToolMessage, type ToolResultPart, type UserMessage, type UserPart,
} from './message.ts';
import type { ModelCapabilities } from './protocol.ts';
import { sanitizeJson, sanitizeList, sanitizeText } from './sanitize.ts';

export type ReplayMessage = UserMessage | ToolMessage | ReplayAssistant;

export interface ReplayAssistant {
  readonly role: 'assistant';
  /** Text and calls, ids as in the results that follow. */
  readonly content: readonly (TextPart | ToolCallPart)[];
  /** The vendor's own content, where it is the vendor that is asked now. It goes out instead of `content`. */
  readonly raw?: readonly JsonValue[];
  readonly finishReason: AssistantMessage['finishReason'];
}

export interface ReplayOptions {
  /** Longest call id that the vendor takes: 64 for Responses and Messages, 40 for Chat Completions. */
  readonly callIdCharsMax: number;
  /**
   * False where results are matched by position or only within a turn, so that ids may come again. Default true: a raw
   * message whose ids are in use already is then sent from its parts, under new ids.
   */
  readonly callIdsUnique?: boolean;
}

export const NO_RESULT = 'no result: interrupted';

export function toReplay(
  messages: readonly Message[],
  origin: Origin,
  capabilities: ModelCapabilities,
  options: ReplayOptions,
): ReplayMessage[] {
  const replay: ReplayMessage[] = [];
  const unique = options.callIdsUnique ?? true;
  let callIds = createCallIds(options.callIdCharsMax);
  messages.forEach((message, index) => {
    switch (message.role) {
      case 'user': {
        const content = toReadable(message.content, capabilities);
        if (content.length > 0) replay.push({ role: 'user', content });
        break;
      }
      case 'tool':
        // Pushed with the assistant message that it answers.
        break;
      case 'assistant': {
        if (message.finishReason === 'error' || message.finishReason === 'aborted') break;
        if (!unique) callIds = createCallIds(options.callIdCharsMax);
        const assistant = toReplayAssistant(message, origin, callIds);
        if (assistant.raw === undefined ? assistant.content.length === 0 : assistant.raw.length === 0) break;
        replay.push(assistant);
        const results = toResults(message, assistant, resultsAfter(messages, index), capabilities);
        if (results.length > 0) replay.push({ role: 'tool', content: results });
        break;
      }
      default:
        message satisfies never;
    }
  });
  return replay;
}

function toReplayAssistant(message: AssistantMessage, origin: Origin, callIds: CallIds): ReplayAssistant {
  const parts = message.content.filter((part) => part.type !== 'reasoning');
  const metadata = message.providerMetadata;
  if (metadata !== undefined && sameOrigin(metadata.origin, origin)) {
    const ids = parts.flatMap((part) => (part.type === 'tool-call' ? [part.id] : []));
    if (callIds.reserve(ids)) {
      return { role: 'assistant', content: parts, raw: sanitizeList(metadata.raw), finishReason: message.finishReason };
    }
  }
  const content = parts.flatMap((part): (TextPart | ToolCallPart)[] => {
    if (part.type === 'text') return part.text === '' ? [] : [{ type: 'text', text: sanitizeText(part.text) }];
    return [
      {
        ...part,
        id: callIds.adopt(part.id),
        name: sanitizeText(part.name),
        input: part.input === undefined ? undefined : sanitizeJson(part.input),
        inputText: sanitizeText(part.inputText),
      },
    ];
  });
  return { role: 'assistant', content, finishReason: message.finishReason };
}

/** Results up to the next assistant message, as they were added. */
function resultsAfter(messages: readonly Message[], index: number): ToolResultPart[] {
  const results: ToolResultPart[] = [];
  for (let next = index + 1; next < messages.length; next++) {
    const message = messages[next];
    if (message === undefined || message.role === 'assistant') break;
    if (message.role === 'tool') results.push(...message.content);
  }
  return results;
}

/** One result for each call, in the order of the calls. `message` and `replayed` hold the same calls under two ids. */
function toResults(
  message: AssistantMessage,
  replayed: ReplayAssistant,
  results: ToolResultPart[],
  capabilities: ModelCapabilities,
): ToolResultPart[] {
  const calls = message.content.filter((part) => part.type === 'tool-call');
  const sent = replayed.content.filter((part) => part.type === 'tool-call');
  return calls.map((call, index): ToolResultPart => {
    const callId = sent[index]?.id ?? call.id;
    const found = results.findIndex((result) => result.callId === call.id);
    const [result] = found === -1 ? [] : results.splice(found, 1);
    const name = sanitizeText(call.name);
    if (result === undefined) {
      return { type: 'tool-result', callId, name, isError: true, content: [{ type: 'text', text: NO_RESULT }] };
    }
    return { type: 'tool-result', callId, name, isError: result.isError, content: toReadable(result.content, capabilities) };
  });
}

function toReadable(parts: readonly UserPart[], capabilities: ModelCapabilities): UserPart[] {
  return parts.flatMap((part): UserPart[] => {
    if (part.type === 'text') return part.text === '' ? [] : [{ type: 'text', text: sanitizeText(part.text) }];
    return canRead(part, capabilities) ? [part] : [{ type: 'text', text: toPlaceholder(part) }];
  });
}

function canRead(part: MediaPart, capabilities: ModelCapabilities): boolean {
  return part.mediaType.startsWith('image/') ? capabilities.imageInput !== false : capabilities.documentInput !== false;
}

function toPlaceholder(part: MediaPart): string {
  const kind = part.mediaType.startsWith('image/') ? 'image' : 'document';
  const name = part.filename === undefined ? '' : ` ${sanitizeText(part.filename)}`;
  return `[${kind}${name} (${part.mediaType}) left out: this model cannot read it]`;
}
