/**
 * The remote token server, as `CODEX_REMOTE_URL` and `CLAUDE_CODE_REMOTE_URL` name it: GET, an optional bearer key, a token in
 * one of its shapes.
 *
 * `/token/codex` answers in Codex's shape, `/token/claude-code` in Claude Code's, `/token/flat` and `/token/relative` flat,
 * `/token/text` as bare text. By URL (`/s/MODE/token/codex`): `expired`, `missing` (404), `no-token`, `not-json`, `html-200`,
 * `html-403`, `empty-200`, `server-error`, `no-answer`, `redirect`, `huge`, `slow`, `reset`.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { RefusedRequest, sendAnswer, type Exchange, type HttpAnswer, type Route } from '../server/exchange.ts';
import type { Counters } from '../server/journal.ts';
import { faultAnswer } from '../server/raw-faults.ts';
import { numberParameter } from '../server/scenario.ts';
import { toClaudeCredentialsFile, toCodexAuthFile, toFlatToken, type TokenStore } from '../oauth/token-store.ts';

const HUGE_BYTES = 4 * 1024 * 1024;

export interface TokenServerContext {
  readonly store: TokenStore;
  readonly counters: Counters;
  /** Required as a bearer where given. */
  readonly key: string | undefined;
  reset(exchange: Exchange): void;
}

export function tokenRoutes(context: TokenServerContext): Route[] {
  return [{ name: 'token.remote', method: 'GET', path: /^\/token\/[a-z-]+$/, run: (exchange) => serveToken(context, exchange) }];
}

async function serveToken(context: TokenServerContext, exchange: Exchange): Promise<void> {
  const { key, counters } = context;
  counters.remoteTokenFetches += 1;
  if (key !== undefined && exchange.headers['authorization'] !== `Bearer ${key}`) {
    throw new RefusedRequest({ status: 401, body: { error: 'unauthorized' } });
  }
  const mode = exchange.scenario?.name ?? '';
  if (mode === 'slow') await delay(numberParameter(exchange.scenario?.parameters ?? {}, 'delayMs') ?? 100);
  switch (mode) {
    case 'missing':
      throw new RefusedRequest({ status: 404, body: { error: 'no token for this name' } });
    case 'server-error':
      throw new RefusedRequest({ status: 500, body: { error: 'server_error' } });
    case 'no-token':
      return exchange.answer({ status: 200, body: { ok: true } });
    case 'not-json':
      return exchange.answer({ status: 200, headers: { 'content-type': 'application/json' }, body: '{"access_token": ' });
    case 'huge':
      return exchange.answer({ status: 200, body: { access_token: 'x'.repeat(HUGE_BYTES) } });
    case 'reset':
      return context.reset(exchange);
    case 'no-answer':
      return;
    case 'html-200':
    case 'html-403':
    case 'empty-200':
    case 'redirect': {
      const answer = faultAnswer(mode);
      return answer === undefined ? undefined : sendAnswer(exchange.response, answer, exchange.journal);
    }
    default:
      return exchange.answer(toShape(context.store, exchange.path.slice('/token/'.length), mode === 'expired'));
  }
}

function toShape(store: TokenStore, shape: string, isExpired: boolean): HttpAnswer {
  const tokens = store.issue(isExpired ? { expiresInSeconds: -60 } : {});
  const json = (body: object): HttpAnswer => ({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  switch (shape) {
    case 'codex':
      return json(toCodexAuthFile(tokens));
    case 'claude-code':
      return json(toClaudeCredentialsFile(tokens));
    case 'flat':
      return json(toFlatToken(tokens, false));
    case 'relative':
      return json({ access_token: tokens.accessToken, account_id: tokens.accountId, expires_in: tokens.expiresInSeconds });
    case 'text':
      return { status: 200, headers: { 'content-type': 'text/plain' }, body: tokens.accessToken };
    default:
      return { status: 404, body: { error: `no shape ${shape}` } };
  }
}
