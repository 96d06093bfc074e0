/**
 * Explicit caches (`cachedContents`): the beginning of a conversation kept at the vendor, named instead of sent.
 *
 * In: a body about to be sent. Out: the same body, or one that names a cache and holds only what comes after it. What is cached:
 * system instruction, tools, and the contents before the current turn of the user (a cache may not end between a call and its
 * response). It is made where the beginning is large enough, used as long as it is one, extended when half of its life is over,
 * and made anew when what follows it has become half as large again.
 *
 * Nothing is left behind: a cache is deleted when it is replaced, when there are too many, and by `close`. Making one is never
 * aborted, because its name would get lost; whoever does not want to wait goes on without, and `close` waits. What was
 * lost all the same (a timeout) is found again by its display name. Killed processes leave what their caches' short life leaves.
 *
 * No request fails for a cache's sake: it goes out whole instead, with one notice.
 */
import { randomUUID } from 'node:crypto';

import { arrayOr, isObject, isProviderError, type JsonObject, type JsonValue, objectOr, stringOr } from '@sx/llm/provider-kit';

import { type Beginning, beginsTurn, digestOf, headOf, lastTurn, toBeginning } from './conversation-beginning.ts';
import { limits } from './limits.ts';

export interface CacheCall {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below the base URL. */
  readonly path: string;
  readonly body?: JsonObject;
  readonly timeoutMs: number;
}

export interface ContextCachesOptions {
  /** @throws {ProviderError} */
  readonly call: (call: CacheCall) => Promise<JsonValue | undefined>;
  /** Hears once of each conversation that has to do without. */
  readonly onNotice: (text: string) => void;
  readonly ttlSeconds?: number | undefined;
  /** Milliseconds. */
  readonly now?: (() => number) | undefined;
}

export interface CacheContext {
  /** Resource name: `models/…`. */
  readonly model: string;
  readonly sessionId: string;
  /** Least tokens that are worth a cache. */
  readonly tokensMin: number;
  readonly signal?: AbortSignal | undefined;
}

export interface ContextCaches {
  /** Never throws. */
  apply(body: JsonObject, context: CacheContext): Promise<JsonObject>;
  /** The server refused a request that named this cache. */
  forget(name: string): void;
  /** Deletes what there is. Never throws; at most `closeWaitMs` + `closeDeleteMs`. */
  close(): Promise<void>;
}

interface Cache {
  /** Session, model. */
  readonly key: string;
  /** Of system instruction and tools, and of as many contents as are in it. */
  readonly digest: string;
  readonly contentCount: number;
  readonly tokens: number;
  readonly name: string;
  expiresAtMs: number;
}

export function createContextCaches(options: ContextCachesOptions): ContextCaches {
  const { call, onNotice, ttlSeconds = limits.cacheTtlSeconds, now = Date.now } = options;
  const displayName = `sx ${randomUUID()}`;
  const ttl = `${ttlSeconds}s`;
  const ttlMs = ttlSeconds * 1000;
  /** In the order of their last use. */
  const caches = new Set<Cache>();
  /** Tokens below which it is not tried again, of conversations for which it failed. */
  const least = new Map<string, number>();
  /** Whatever is under way, by what it is about. */
  const making = new Map<string, Promise<Cache | undefined>>();
  const removing = new Set<Promise<void>>();
  let lost = false;
  let closed = false;

  const remove = (name: string, timeoutMs: number = limits.cacheCallTimeoutMs): Promise<void> => {
    const once = (): Promise<unknown> => call({ method: 'DELETE', path: `/${name}`, timeoutMs });
    const answer = once().catch((error: unknown) => (isProviderError(error) && error.retryable ? once() : undefined));
    const removal = answer.then(noResult, noResult).finally(() => removing.delete(removal));
    removing.add(removal);
    return removal;
  };
  const drop = (cache: Cache): void => {
    caches.delete(cache);
    void remove(cache.name);
  };
  const giveUp = (key: string, tokens: number, error: unknown): void => {
    const message = isProviderError(error) ? error.message : String(error);
    // Our figure is an estimate; the conversation grows.
    const isTooSmall = /too small|min_total_token_count/i.test(message);
    if (!isTooSmall && least.get(key) !== Infinity) onNotice(`no explicit cache: ${message}`);
    least.set(key, isTooSmall ? tokens * 1.5 : Infinity);
    const [oldest] = least.keys();
    if (least.size > limits.failedSessionsMax && oldest !== undefined) least.delete(oldest);
  };

  const make = async (beginning: Beginning, key: string, model: string): Promise<Cache | undefined> => {
    const startedAtMs = now();
    try {
      const contents = beginning.contents.length === 0 ? {} : { contents: beginning.contents };
      const body = { model, ...beginning.head, ...contents, ttl, displayName };
      const answer = await call({ method: 'POST', path: '/cachedContents', body, timeoutMs: limits.cacheCallTimeoutMs });
      const name = stringOr(objectOr(answer, {})['name'], '');
      if (!/^cachedContents\/[\w-]+$/.test(name)) throw new TypeError('the server gave the cache no name');
      const { digest, tokens } = beginning;
      const cache: Cache = {
        key, name, digest, contentCount: beginning.contents.length, tokens, expiresAtMs: startedAtMs + ttlMs,
      };
      for (const old of caches) if (old.key === key) drop(old);
      for (const old of caches) if (caches.size >= limits.cachesMax) drop(old);
      caches.add(cache);
      if (!closed) return cache;
      drop(cache);
      return undefined;
    } catch (error) {
      // Without an answer nobody knows whether there is a cache now.
      if (!isProviderError(error) || error.status === undefined || error.status >= 500) lost = true;
      giveUp(key, beginning.tokens, error);
      return undefined;
    }
  };

  const extend = async (cache: Cache): Promise<boolean> => {
    const startedAtMs = now();
    try {
      await call({ method: 'PATCH', path: `/${cache.name}?updateMask=ttl`, body: { ttl }, timeoutMs: limits.cacheCallTimeoutMs });
      cache.expiresAtMs = startedAtMs + ttlMs;
      return true;
    } catch {
      drop(cache);
      return false;
    }
  };

  /** A cache for the body, one that is there or a new one. */
  const obtain = async (body: JsonObject, { model, sessionId, tokensMin }: CacheContext): Promise<Cache | undefined> => {
    const key = `${sessionId} ${model}`;
    const head = headOf(body);
    const contents = arrayOr(body['contents'], []);
    const found = [...caches].find((cache) => cache.key === key && cache.expiresAtMs > now() && fits(cache, head, contents));
    const beginning = toBeginning(head, contents, lastTurn(contents));
    const isWorthIt = beginning.tokens >= Math.max(tokensMin, least.get(key) ?? 0);
    if (found !== undefined && (!isWorthIt || beginning.tokens < found.tokens * 1.5)) {
      caches.delete(found);
      caches.add(found);
      const isYoung = found.expiresAtMs - now() > ttlMs / 2;
      if (isYoung || (await extend(found))) return found;
    }
    if (!isWorthIt || closed) return undefined;
    const underWay = making.get(key + beginning.digest);
    if (underWay !== undefined) return underWay;
    const made = make(beginning, key, model).finally(() => making.delete(key + beginning.digest));
    making.set(key + beginning.digest, made);
    return made;
  };

  return {
    async apply(body, context) {
      // A choice of tools would have to be in the cache; it differs from request to request.
      if (closed || body['toolConfig'] !== undefined || context.signal?.aborted === true) return body;
      const cache = await unlessAborted(obtain(body, context), context.signal);
      if (cache === undefined) return body;
      const { systemInstruction: _, tools: __, contents, ...rest } = body;
      return { ...rest, cachedContent: cache.name, contents: arrayOr(contents, []).slice(cache.contentCount) };
    },
    forget(name) {
      for (const cache of caches) if (cache.name === name) drop(cache);
    },
    async close() {
      closed = true;
      await settled([...making.values()], limits.closeWaitMs);
      if (making.size > 0) lost = true;
      const names = [...caches].map(({ name }) => name);
      caches.clear();
      const removals = [...names.map((name) => remove(name, limits.closeDeleteMs)), ...removing];
      if (lost) removals.push(removeByName(displayName, call, (name) => remove(name, limits.closeDeleteMs)));
      await settled(removals, limits.closeDeleteMs);
    },
  };
}

/** Does the request begin with what is in the cache, and may what is left stand alone? */
function fits(cache: Cache, head: JsonObject, contents: readonly JsonValue[]): boolean {
  if (cache.contentCount >= contents.length || !beginsTurn(contents[cache.contentCount])) return false;
  return digestOf(head, contents.slice(0, cache.contentCount)) === cache.digest;
}

async function removeByName(
  displayName: string,
  call: ContextCachesOptions['call'],
  remove: (name: string) => Promise<void>,
): Promise<void> {
  try {
    const answer = await call({ method: 'GET', path: '/cachedContents?pageSize=1000', timeoutMs: limits.closeDeleteMs });
    const list = arrayOr(objectOr(answer, {})['cachedContents'], []).filter(isObject);
    const ours = list.filter((cache) => cache['displayName'] === displayName);
    await Promise.all(ours.map((cache) => remove(stringOr(cache['name'], ''))));
  } catch {
    // Their life is short.
  }
}

function noResult(): void {}

async function settled(promises: readonly Promise<unknown>[], timeoutMs: number): Promise<void> {
  if (promises.length === 0) return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeoutMs)));
  await Promise.race([Promise.allSettled(promises), late]);
  clearTimeout(timer);
}

/** Undefined as soon as the signal is aborted; the promise itself goes on. */
async function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal | undefined): Promise<Value | undefined> {
  if (signal === undefined) return promise;
  let stop = (): void => undefined;
  const aborted = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
