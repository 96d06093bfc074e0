/**
 * The prompt cache with breakpoints: it holds the prefixes that were marked, and finds the longest of them within twenty blocks
 * before a mark.
 *
 * Blocks are counted in the order tools, system, messages. Prefixes shorter than the model's least are not cached, silently, as
 * there.
 */
import { createHash } from 'node:crypto';
import { arrayOf, canonicalJson, isArray, isObject, objectOf, type Json, type JsonObject } from '../server/json.ts';
import { estimateTokens } from '../server/prefix-cache.ts';
import type { AnthropicModel } from './models.ts';
import { withoutCacheMarks } from './signatures.ts';

const LOOKBACK_BLOCKS = 20;
const ENTRIES_MAX = 20_000;

export interface CacheUsage {
  readonly inputTokens: number;
  readonly readTokens: number;
  readonly write5mTokens: number;
  readonly write1hTokens: number;
}

export interface AnthropicCache {
  use(body: JsonObject, model: AnthropicModel): CacheUsage;
}

interface Block {
  readonly hash: string;
  /** Tokens up to and with this block. */
  readonly tokens: number;
  readonly mark: Json | undefined;
}

export function createAnthropicCache(): AnthropicCache {
  const stored = new Set<string>();
  return {
    use(body, model) {
      const blocks = toBlocks(body, model);
      const total = blocks.at(-1)?.tokens ?? 0;
      const marks = blocks.flatMap((block, at) => (block.mark !== undefined && block.tokens >= model.cacheTokensMin ? [at] : []));
      let readTokens = 0;
      for (const mark of marks) {
        for (let at = mark; at >= 0 && at > mark - LOOKBACK_BLOCKS; at -= 1) {
          const block = blocks[at];
          if (block === undefined || !stored.has(block.hash)) continue;
          readTokens = Math.max(readTokens, block.tokens);
          break;
        }
      }
      let written = readTokens;
      let write1hTokens = 0;
      let write5mTokens = 0;
      for (const mark of marks) {
        const block = blocks[mark];
        if (block === undefined) continue;
        stored.add(block.hash);
        const more = Math.max(0, block.tokens - written);
        written += more;
        if (objectOf(block.mark)['ttl'] === '1h') write1hTokens += more;
        else write5mTokens += more;
      }
      const [oldest] = stored;
      if (stored.size > ENTRIES_MAX && oldest !== undefined) stored.delete(oldest);
      return { inputTokens: Math.max(0, total - written), readTokens, write5mTokens, write1hTokens };
    },
  };
}

function toBlocks(body: JsonObject, model: AnthropicModel): Block[] {
  const parts: { readonly text: string; readonly mark: Json | undefined }[] = [];
  const add = (place: string, value: Json): void => void parts.push({
    text: `${place}${canonicalJson(withoutCacheMarks(value))}`,
    mark: objectOf(value)['cache_control'],
  });
  for (const tool of arrayOf(body['tools'])) add('tool', tool);
  for (const block of isArray(body['system']) ? body['system'] : body['system'] === undefined ? [] : [{ type: 'text', text: body['system'] }]) {
    add('system', block);
  }
  for (const message of arrayOf(body['messages']).filter(isObject)) {
    const role = String(message['role']);
    for (const block of isArray(message['content']) ? message['content'] : [{ type: 'text', text: message['content'] ?? '' }]) {
      add(role, block);
    }
  }
  const last = parts.at(-1);
  if (last !== undefined && body['cache_control'] !== undefined && last.mark === undefined) {
    parts[parts.length - 1] = { text: last.text, mark: body['cache_control'] };
  }
  const hash = createHash('sha256').update(model.id);
  let tokens = 0;
  return parts.map(({ text, mark }) => {
    tokens += estimateTokens(text);
    hash.update(text);
    return { hash: hash.copy().digest('hex'), tokens, mark };
  });
}
