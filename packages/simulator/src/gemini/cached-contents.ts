/**
 * Explicit caches: create, read, extend, delete; bound to a model, gone when their time is over. What is live in the end was
 * left behind.
 */
import { randomBytes } from 'node:crypto';
import type { Exchange, Route } from '../server/exchange.ts';
import { isObject, stringOf, type Json, type JsonObject } from '../server/json.ts';
import { estimateTokens } from '../server/prefix-cache.ts';
import { checkSystem, checkToolConfig, checkTools } from './body-rules.ts';
import { unknownName } from './content-rules.ts';
import { geminiRefusal, invalid } from './failures.ts';
import { readGeminiModel } from './models.ts';

const TOKENS_MIN = 1024;
const TTL_DEFAULT_SECONDS = 3600;
const MEMBERS = ['model', 'contents', 'systemInstruction', 'tools', 'toolConfig', 'ttl', 'expireTime', 'displayName'];

interface Entry {
  readonly name: string;
  readonly model: string;
  readonly body: JsonObject;
  readonly tokens: number;
  readonly createdMs: number;
  updatedMs: number;
  expiresMs: number;
}

export interface CachedContents {
  /** Names of caches that are neither deleted nor expired. */
  live(): string[];
  /** The cache's content and size. @throws {RefusedRequest} where it is gone or of another model. */
  use(name: string, model: string): { readonly body: JsonObject; readonly tokens: number };
  routes(prefix: string, checkKey: (exchange: Exchange) => void): Route[];
}

export function createCachedContents(): CachedContents {
  const entries = new Map<string, Entry>();
  const find = (name: string): Entry => {
    const entry = entries.get(name);
    // As there, one cannot tell what never was from what is gone.
    if (entry === undefined || entry.expiresMs <= Date.now()) {
      throw geminiRefusal('PERMISSION_DENIED', 'CachedContent not found (or permission denied)');
    }
    return entry;
  };

  const create = (value: Json | undefined): Entry => {
    if (!isObject(value)) throw invalid('Invalid JSON payload received.');
    const extra = Object.keys(value).find((name) => !MEMBERS.includes(name));
    if (extra !== undefined) throw unknownName(extra, 'cached_content');
    const id = stringOf(value['model']).replace(/^models\//, '');
    if (!stringOf(value['model']).startsWith('models/')) {
      throw invalid('* CreateCachedContentRequest.model: must be of the form models/{model}.\n');
    }
    if (!readGeminiModel(id).explicitCaching) throw invalid(`Explicit caching is not supported by models/${id}.`);
    checkSystem(value['systemInstruction']);
    checkToolConfig(value['toolConfig'], checkTools(value['tools']));
    const tokens = estimateTokens(JSON.stringify([value['contents'], value['systemInstruction'], value['tools']]));
    if (tokens < TOKENS_MIN) {
      throw invalid(`Cached content is too small. total_token_count=${tokens}, min_total_token_count=${TOKENS_MIN}`);
    }
    const now = Date.now();
    const entry: Entry = {
      name: `cachedContents/${randomBytes(10).toString('hex')}`,
      model: id,
      body: value,
      tokens,
      createdMs: now,
      updatedMs: now,
      expiresMs: expiryOf(value, now),
    };
    entries.set(entry.name, entry);
    return entry;
  };

  const run = (work: (exchange: Exchange) => Json, checkKey: (exchange: Exchange) => void) => (exchange: Exchange): void => {
    checkKey(exchange);
    exchange.answer({ status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(work(exchange)) });
  };
  const live = (): Entry[] => [...entries.values()].filter((entry) => entry.expiresMs > Date.now());

  return {
    live: () => live().map(({ name }) => name),
    use(name, model) {
      const entry = find(name);
      if (entry.model !== model) {
        throw invalid(`Model used by GenerateContent request (models/${model}) and CachedContent (models/${entry.model}) has to be the same.`);
      }
      return { body: entry.body, tokens: entry.tokens };
    },
    routes(prefix, checkKey) {
      const one = new RegExp(`^${prefix}/v1beta/(cachedContents/[^/]+)$`);
      const nameOf = ({ path }: Exchange): string => one.exec(path)?.[1] ?? '';
      return [
        {
          name: 'gemini.cache-create',
          method: 'POST',
          path: `${prefix}/v1beta/cachedContents`,
          run: run((exchange) => toJson(create(exchange.body)), checkKey),
        },
        {
          name: 'gemini.cache-list',
          method: 'GET',
          path: `${prefix}/v1beta/cachedContents`,
          run: run(() => ({ cachedContents: live().map(toJson) }), checkKey),
        },
        { name: 'gemini.cache-get', method: 'GET', path: one, run: run((exchange) => toJson(find(nameOf(exchange))), checkKey) },
        {
          name: 'gemini.cache-patch',
          method: 'PATCH',
          path: one,
          run: run((exchange) => toJson(extend(find(nameOf(exchange)), exchange)), checkKey),
        },
        {
          name: 'gemini.cache-delete',
          method: 'DELETE',
          path: one,
          run: run((exchange) => {
            entries.delete(find(nameOf(exchange)).name);
            return {};
          }, checkKey),
        },
      ];
    },
  };
}

function extend(entry: Entry, { body, query }: Exchange): Entry {
  const extra = isObject(body) ? Object.keys(body).find((name) => name !== 'ttl' && name !== 'expireTime') : 'body';
  if (extra !== undefined || !isObject(body)) throw invalid('Only ttl and expireTime of a CachedContent can be updated.');
  const mask = query.get('updateMask');
  if (mask !== null && mask !== 'ttl' && mask !== 'expireTime') throw invalid(`Invalid updateMask: ${mask}`);
  entry.updatedMs = Date.now();
  entry.expiresMs = expiryOf(body, entry.updatedMs);
  return entry;
}

function expiryOf(body: JsonObject, nowMs: number): number {
  if (body['ttl'] !== undefined && body['expireTime'] !== undefined) throw invalid('ttl and expire_time are mutually exclusive.');
  if (body['expireTime'] !== undefined) return Date.parse(stringOf(body['expireTime']));
  if (body['ttl'] === undefined) return nowMs + TTL_DEFAULT_SECONDS * 1000;
  const seconds = /^(\d+(?:\.\d+)?)s$/.exec(stringOf(body['ttl']))?.[1];
  if (seconds === undefined) {
    throw invalid("Invalid value at 'cached_content.ttl' (type.googleapis.com/google.protobuf.Duration)");
  }
  return nowMs + Number(seconds) * 1000;
}

const toJson = (entry: Entry): JsonObject => ({
  name: entry.name,
  model: `models/${entry.model}`,
  ...(entry.body['displayName'] === undefined ? {} : { displayName: entry.body['displayName'] }),
  createTime: new Date(entry.createdMs).toISOString(),
  updateTime: new Date(entry.updatedMs).toISOString(),
  expireTime: new Date(entry.expiresMs).toISOString(),
  usageMetadata: { totalTokenCount: entry.tokens },
});
