/**
 * The Codex backend: `POST /backend-api/codex/responses`, `GET …/models`, `GET /backend-api/wham/usage`.
 *
 * A request passes edge, authorization, head, body and session rules in this order; then a scenario answers. Left out:
 * WebSocket, compaction, files.
 */
import { toConversation } from '../responses/conversation.ts';
import { newId, promptText, responseEvents } from '../responses/events.ts';
import { createIssuedItems } from '../responses/issued-items.ts';
import { refuseDetail } from '../responses/refusals.ts';
import type { TokenStore } from '../oauth/token-store.ts';
import type { Exchange, Route } from '../server/exchange.ts';
import { arrayOf, objectOf, stringOf, type JsonObject } from '../server/json.ts';
import { playScenario, type ModelEndpoint } from '../server/model-endpoint.ts';
import { createPrefixCache, estimateTokens } from '../server/prefix-cache.ts';
import { checkBody } from './body-rules.ts';
import { codexFailure } from './failures.ts';
import { checkAuthorization, checkContentHead, checkEdge } from './head-rules.ts';
import { MODELS, modelsEtag, modelsFor, toCatalogueEntry, type CodexModel } from './models.ts';
import { createSessions, type SessionCheck } from './sessions.ts';

export interface CodexContext {
  readonly store: TokenStore;
  readonly endpoint: ModelEndpoint;
  /** Refuse what the real server only punishes: lost turn states, changed histories, missing session headers. */
  readonly strict: boolean;
}

export function codexRoutes(context: CodexContext): Route[] {
  const issued = createIssuedItems();
  const sessions = createSessions();
  const cache = createPrefixCache({ tokensMin: 1024, blockTokens: 128 });

  const respond = async (exchange: Exchange): Promise<void> => {
    checkEdge(exchange);
    checkAuthorization(exchange, context.store);
    checkContentHead(exchange);
    const { body, model } = checkBody(exchange.body, exchange.headers, issued);
    const session = sessions.check(exchange.headers, body);
    exchange.journal.remarks.push(...session.remarks);
    const [firstRemark] = session.remarks;
    if (context.strict && firstRemark !== undefined) throw refuseDetail(`simulator: ${firstRemark}`);
    const prompt = promptText(body);
    const sessionKey = stringOf(body['prompt_cache_key']) || (exchange.headers['session-id'] ?? '');
    const isTooLong = estimateTokens(prompt) > model.contextTokens;
    const wire = {
      headers: () => responseHeaders(model, session),
      failure: (name: Parameters<typeof codexFailure>[0], retryAfterSeconds: number | undefined) => codexFailure(
        name,
        retryAfterSeconds,
        rateLimitHeaders(),
      ),
      events: (reply: Parameters<typeof responseEvents>[0]) =>
        responseEvents(reply, {
          model: model.slug,
          issued,
          usage: { inputTokens: estimateTokens(prompt), cachedTokens: cache.read(sessionKey, prompt) },
          echo: echoOf(body),
          repeatOutput: false,
          summaries: stringOf(objectOf(body['reasoning'])['summary']) !== '',
          encrypted: arrayOf(body['include']).includes('reasoning.encrypted_content'),
          customTools: new Set(
            arrayOf(body['tools']).flatMap((tool) => (objectOf(tool)['type'] === 'custom' ? [stringOf(objectOf(tool)['name'])] : [])),
          ),
          onComplete: session.onComplete,
        }),
    };
    if (isTooLong) return exchange.answer(codexFailure('context-overflow', undefined, {}));
    await playScenario(context.endpoint, exchange, toConversation(body, sessionKey), wire);
  };

  return [
    { name: 'codex.responses', method: 'POST', path: '/backend-api/codex/responses', run: respond },
    { name: 'codex.models', method: 'GET', path: '/backend-api/codex/models', run: (exchange) => listModels(context, exchange) },
    { name: 'codex.usage', method: 'GET', path: '/backend-api/wham/usage', run: (exchange) => showUsage(context, exchange) },
    // The addresses that people try first.
    { name: 'codex.wrong', method: 'POST', path: '/backend-api/codex/chat/completions', run: () => { throw refuseDetail('Forbidden', 403); } },
  ];
}

const echoOf = (body: JsonObject): JsonObject => ({
  parallel_tool_calls: body['parallel_tool_calls'] ?? true,
  prompt_cache_key: body['prompt_cache_key'] ?? null,
  reasoning: body['reasoning'] ?? null,
  service_tier: body['service_tier'] ?? 'auto',
  store: false,
  text: body['text'] ?? null,
  tool_choice: body['tool_choice'] ?? 'auto',
});

function rateLimitHeaders(): Record<string, string> {
  const now = Math.floor(Date.now() / 1000);
  return {
    'x-codex-primary-used-percent': '12.5',
    'x-codex-primary-window-minutes': '300',
    'x-codex-primary-reset-at': String(now + 3600),
    'x-codex-secondary-used-percent': '40',
    'x-codex-secondary-window-minutes': '10080',
    'x-codex-secondary-reset-at': String(now + 86_400),
    'x-codex-credits-has-credits': 'true',
    'x-codex-credits-unlimited': 'false',
    'x-codex-credits-balance': '7.25',
  };
}

function responseHeaders(model: CodexModel, session: SessionCheck): Record<string, string> {
  return {
    'x-request-id': newId('req'),
    'cf-ray': '8f2a1c0de5f60001-FRA',
    'openai-model': model.slug,
    'x-models-etag': modelsEtag(MODELS),
    'x-reasoning-included': 'true',
    'x-codex-turn-state': session.issueTurnState(),
    ...rateLimitHeaders(),
  };
}

function listModels({ store }: CodexContext, exchange: Exchange): void {
  checkEdge(exchange);
  checkAuthorization(exchange, store);
  const version = exchange.query.get('client_version') ?? '';
  if (!/^\d+\.\d+\.\d+$/.test(version)) throw refuseDetail('client_version must be X.Y.Z');
  const models = modelsFor(version);
  const etag = modelsEtag(models);
  if (exchange.headers['if-none-match'] === etag) return exchange.answer({ status: 304, headers: { etag }, body: '' });
  exchange.answer({
    status: 200,
    headers: { etag, 'content-type': 'application/json' },
    body: JSON.stringify({ models: models.map(toCatalogueEntry) }),
  });
}

function showUsage({ store }: CodexContext, exchange: Exchange): void {
  checkEdge(exchange);
  checkAuthorization(exchange, store);
  const now = Math.floor(Date.now() / 1000);
  const isUsedUp = exchange.scenario?.name === 'usage-limit';
  const window = (percent: number, minutes: number, resetAfterSeconds: number): JsonObject => ({
    used_percent: percent,
    limit_window_seconds: minutes * 60,
    reset_after_seconds: resetAfterSeconds,
    reset_at: now + resetAfterSeconds,
  });
  exchange.answer({
    status: 200,
    body: {
      plan_type: 'pro',
      rate_limit: {
        allowed: !isUsedUp,
        limit_reached: isUsedUp,
        primary_window: window(isUsedUp ? 100 : 12.5, 300, 3600),
        secondary_window: window(40, 10_080, 86_400),
      },
      credits: { has_credits: true, unlimited: false, balance: '7.25' },
    },
  });
}
