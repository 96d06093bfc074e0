/**
 * Signed thinking: what was issued comes back unchanged, and on bound models at the same place of the same conversation.
 *
 * The vendor's signature is a proof; here a table stands for it. The prefix of a block is system, tools and everything before
 * it, cache marks left out.
 */
import { createHash, randomBytes } from 'node:crypto';
import { arrayOf, canonicalJson, isArray, isObject, stringOf, type Json, type JsonObject } from '../server/json.ts';
import { invalid } from './failures.ts';
import type { AnthropicModel } from './models.ts';

const SIGNATURES_MAX = 50_000;

interface Signed {
  readonly text: string;
  readonly model: string;
  readonly prefix: string;
}

export interface Signatures {
  /** A signature for a block that follows these others in the answer to the request. */
  sign(text: string, model: AnthropicModel, body: JsonObject, blocksBefore: readonly JsonObject[]): string;
  /** @returns remarks on blocks that the vendor drops without an error. */
  check(body: JsonObject, model: AnthropicModel): string[];
}

export function createSignatures(): Signatures {
  const signed = new Map<string, Signed>();
  return {
    sign(text, model, body, blocksBefore) {
      const signature = Buffer.concat([Buffer.from([0x12, 0xf4]), randomBytes(120)]).toString('base64');
      signed.set(signature, { text, model: model.id, prefix: prefixHash(body, mergeMessages(body['messages']), blocksBefore) });
      const [oldest] = signed.keys();
      if (signed.size > SIGNATURES_MAX && oldest !== undefined) signed.delete(oldest);
      return signature;
    },
    check(body, model) {
      const messages = mergeMessages(body['messages']);
      const remarks: string[] = [];
      messages.forEach((message, at) => {
        if (message.role !== 'assistant') return;
        message.content.forEach((block, index) => {
          const isThinking = block['type'] === 'thinking';
          if (!isThinking && block['type'] !== 'redacted_thinking') return;
          const path = `messages.${at}.content.${index}`;
          const known = signed.get(stringOf(isThinking ? block['signature'] : block['data']));
          if (known === undefined) {
            throw invalid(`${path}: Invalid \`${isThinking ? 'signature' : 'data'}\` in \`${stringOf(block['type'])}\` block`);
          }
          if (isThinking && known.text !== block['thinking']) {
            throw invalid(`${path}: \`thinking\` or \`redacted_thinking\` blocks in the latest assistant message cannot be modified. These blocks must remain as they were in the original response.`);
          }
          if (known.model !== model.id) return void remarks.push(`${path}: thinking of ${known.model} was dropped`);
          if (model.bound && known.prefix !== prefixHash(body, messages.slice(0, at), message.content.slice(0, index))) {
            throw invalid(`${path}: Invalid signature in thinking block: the conversation before it has changed`);
          }
        });
      });
      return remarks;
    },
  };
}

export interface MergedMessage {
  readonly role: string;
  readonly content: readonly JsonObject[];
}

/** Neighbours of one role count as one message, and a text as one block. */
export function mergeMessages(messages: Json | undefined): MergedMessage[] {
  const merged: { role: string; content: JsonObject[] }[] = [];
  for (const message of arrayOf(messages).filter(isObject)) {
    const role = stringOf(message['role']);
    const content = isArray(message['content']) ? message['content'].filter(isObject) : [{
      type: 'text',
      text: stringOf(message['content']),
    }];
    const last = merged.at(-1);
    if (last?.role === role) last.content.push(...content);
    else merged.push({ role, content: [...content] });
  }
  return merged;
}

function prefixHash(body: JsonObject, messages: readonly MergedMessage[], blocksBefore: readonly JsonObject[]): string {
  const system = isArray(body['system']) ? body['system'] : body['system'] === undefined ? [] : [{
    type: 'text',
    text: body['system'],
  }];
  const text =
    canonicalJson([system, body['tools'] ?? [], messages.map(({ role, content }) => [role, content]), blocksBefore].map(withoutCacheMarks));
  return createHash('sha256').update(text).digest('hex');
}

export function withoutCacheMarks(value: Json): Json {
  if (isArray(value)) return value.map(withoutCacheMarks);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) => (name === 'cache_control' || member === undefined ? [] : [[
      name,
      withoutCacheMarks(member),
    ]])),
  );
}
