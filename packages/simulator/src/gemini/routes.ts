/**
 * The Gemini API at `/gemini/v1beta`: `models`, `models/M:generateContent`, `:streamGenerateContent`, `:countTokens`,
 * `cachedContents`.
 *
 * Left out: files, live, interactions, batches.
 */
import { RefusedRequest, type Exchange, type Route } from '../server/exchange.ts';
import { objectOf, stringOf, type Json, type JsonObject } from '../server/json.ts';
import { playScenario, type ModelEndpoint } from '../server/model-endpoint.ts';
import { createPrefixCache, estimateTokens } from '../server/prefix-cache.ts';
import type { Reply } from '../server/reply.ts';
import { checkBody } from './body-rules.ts';
import { checkContents, unknownName } from './content-rules.ts';
import { createCachedContents, type CachedContents } from './cached-contents.ts';
import { toConversation } from './conversation.ts';
import { geminiChunks, geminiEvents, wholeGemini, type GeminiAnswer } from './events.ts';
import { badKey, geminiFailure, geminiRefusal, invalid } from './failures.ts';
import { type GeminiModel, MODELS, readGeminiModel, toModelInfo } from './models.ts';
import { createThoughtSignatures } from './thought-signatures.ts';

const BODY_BYTES_MAX = 20 * 1024 * 1024;
const METHOD = /^\/gemini\/v1beta\/models\/([^/:]+):(generateContent|streamGenerateContent|countTokens)$/;

export interface GeminiContext {
  readonly endpoint: ModelEndpoint;
  readonly apiKey: string;
}

export function geminiRoutes({ endpoint, apiKey }: GeminiContext): { readonly routes: Route[]; readonly cachedContents: CachedContents } {
  const signatures = createThoughtSignatures();
  const cachedContents = createCachedContents();
  const continuations = new Set<string>();
  const cache = createPrefixCache({ tokensMin: 1024, blockTokens: 1 });
  const checkKey = (exchange: Exchange): void => checkApiKey(exchange, apiKey);

  const generate = async (exchange: Exchange): Promise<void> => {
    checkKey(exchange);
    const [, id = '', method = ''] = METHOD.exec(exchange.path) ?? [];
    const model = readGeminiModel(id);
    if (method === 'countTokens') {
      checkCount(exchange.body, model);
      return exchange.answer({ status: 200, body: { totalTokens: estimateTokens(exchange.bodyText) } });
    }
    if (exchange.bodyText.length > BODY_BYTES_MAX) {
      throw invalid(`Request payload size exceeds the limit: ${BODY_BYTES_MAX} bytes. Please use the File API for larger files.`);
    }
    const { body, contents } = checkBody(exchange.body, model);
    exchange.journal.remarks.push(...signatures.check(contents, model));
    const token = stringOf(body['continuationToken']);
    if (body['continuationToken'] !== undefined && !continuations.delete(token)) {
      throw invalid('continuation_token is not valid.');
    }
    const explicit = body['cachedContent'] === undefined ? undefined : cachedContents.use(
      stringOf(body['cachedContent']),
      model.id,
    );
    const prompt = JSON.stringify([body['systemInstruction'], body['tools'], body['contents']]);
    const promptTokens = estimateTokens(prompt) + (explicit?.tokens ?? 0);
    if (promptTokens > model.inputTokensMax) return exchange.answer(geminiFailure('context-overflow', undefined));
    const implicit = (): number => {
      const tokens = cache.read(`${model.id} ${prompt.slice(0, 256)}`, prompt);
      return tokens >= model.cacheTokensMin ? tokens : 0;
    };
    const answer = (): GeminiAnswer => ({
      model,
      signatures,
      includeThoughts: objectOf(objectOf(body['generationConfig'])['thinkingConfig'])['includeThoughts'] === true,
      promptTokens,
      cachedTokens: explicit?.tokens ?? implicit(),
      newContinuationToken: () => {
        const fresh = `ct_${Math.random().toString(36).slice(2)}`;
        continuations.add(fresh);
        return fresh;
      },
    });
    const isStream = method === 'streamGenerateContent';
    const wire = {
      events: (reply: Reply) => geminiEvents(reply, answer()),
      // Without `alt=sse` a stream is one growing array.
      whole: (reply: Reply) => (isStream ? [...geminiChunks(reply, answer())] : wholeGemini(reply, answer())),
      failure: geminiFailure,
      headers: () => ({ 'x-request-id': 'simulated' }),
    };
    await playScenario(
      endpoint,
      exchange,
      toConversation(body, explicit?.body ?? {}, model.id),
      wire,
      isStream && exchange.query.get('alt') === 'sse',
    );
  };

  const listModels = (exchange: Exchange): void => {
    checkKey(exchange);
    const size = Number(exchange.query.get('pageSize') ?? 50);
    const start = Number(exchange.query.get('pageToken') ?? 0);
    const body: JsonObject = { nextPageToken: String(start + size) };
    const page = { models: MODELS.slice(start, start + size).map(toModelInfo), ...(start + size < MODELS.length ? body : {}) };
    exchange.answer({ status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(page) });
  };

  return {
    cachedContents,
    routes: [
      { name: 'gemini.generate', method: 'POST', path: METHOD, run: generate },
      { name: 'gemini.models', method: 'GET', path: '/gemini/v1beta/models', run: listModels },
      ...cachedContents.routes('/gemini', checkKey),
    ],
  };
}

/** Contents alone, or a whole request that names its model; never both. */
function checkCount(value: Json | undefined, model: GeminiModel): void {
  const { generateContentRequest: whole, contents, ...rest } = objectOf(value);
  const [extra] = Object.keys(rest);
  if (extra !== undefined) throw unknownName(extra, '');
  if (whole === undefined) return void checkContents(contents, model);
  if (contents !== undefined) throw invalid('contents and generate_content_request are mutually exclusive.');
  const { model: named, ...body } = objectOf(whole);
  if (named !== `models/${model.id}`) throw invalid('* CountTokensRequest.generate_content_request.model: must be the model of the path.\n');
  checkBody(body, model);
}

/** The key belongs into its header: a URL ends up in logs. */
function checkApiKey({ headers, query }: Exchange, apiKey: string): void {
  if (query.has('key')) {
    throw new RefusedRequest({
      status: 400,
      body: { error: { code: 400, message: 'simulator: a key in the URL ends up in logs', status: 'INVALID_ARGUMENT' } },
    });
  }
  const key = headers['x-goog-api-key'];
  if (key === undefined) {
    throw geminiRefusal(
      'PERMISSION_DENIED',
      "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
    );
  }
  if (key !== apiKey) throw badKey();
}
