/**
 * The OAuth issuer: authorization code with PKCE (RFC 7636), refresh with rotation, revocation (RFC 7009), and the vendor's
 * device-code flow.
 *
 * `/oauth/authorize` approves at once. Modes come by the URL, as scenarios do (`/s/html-200/oauth/token`): `slow` (`delayMs`),
 * `html-200`, `html-403`, `server-error`, `no-answer`, `reset`, `redirect`, `garbage`; `no-refresh-token` leaves out what is
 * optional; `denied` refuses the login. Of the device flow: `device-disabled`, `device-slow-down` and `device-expired` in the words of
 * RFC 8628, `device-pending` for ever.
 *
 * `/v1/oauth/token` is the other vendor's, for refreshes alone: JSON only, another client id, `invalid_grant` for a token that
 * is spent.
 */
import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { readFields, RefusedRequest, sendAnswer, type Exchange, type HttpAnswer, type Route } from '../server/exchange.ts';
import type { Counters } from '../server/journal.ts';
import { faultAnswer, faultBytes } from '../server/raw-faults.ts';
import { numberParameter, type FaultName } from '../server/scenario.ts';
import type { TokenSet, TokenStore } from './token-store.ts';

export const CLIENT_ID = 'app_EMoamEEZ73f0CkXaXp7hrann';
const CLAUDE_CLIENT_ID = '9d1c250a-e61b-44d9-88ed-5944d1962f5e';
const REDIRECT_URI = /^http:\/\/(localhost|127\.0\.0\.1):\d+\/(auth\/)?callback$/;
const CODE_VERIFIER = /^[A-Za-z0-9\-._~]{43,128}$/;
const DEVICE_POLLS_PENDING = 2;
const FAULTS: readonly string[] = [
  'html-200', 'html-403', 'redirect', 'garbage-200', 'garbage-bytes', 'oversized-head', 'no-answer', 'reset', 'close',
  'empty-200',
];

export interface OauthContext {
  readonly store: TokenStore;
  readonly counters: Counters;
  /** Seconds between two polls of the device flow, as the string that the vendor sends. */
  readonly deviceIntervalSeconds: number;
  reset(exchange: Exchange): void;
}

interface PendingCode {
  readonly challenge: string;
  readonly redirectUri: string;
}

const refuse = (status: number, body: HttpAnswer['body'], reason?: string): RefusedRequest =>
  new RefusedRequest({ status, body }, reason);
const oauthError = (error: string, description: string): RefusedRequest => refuse(400, { error, error_description: description });

export function oauthRoutes(context: OauthContext): Route[] {
  const codes = new Map<string, PendingCode>();
  const devices = new Map<string, { readonly userCode: string; polls: number }>();
  const withModes = (run: Route['run']): Route['run'] => async (exchange) =>
    ((await playMode(context, exchange)) ? undefined : run(exchange));
  return [
    { name: 'oauth.authorize', method: 'GET', path: '/oauth/authorize', run: (exchange) => authorize(exchange, codes) },
    { name: 'oauth.token', method: 'POST', path: '/oauth/token', run: withModes((exchange) => token(context, exchange, codes)) },
    {
      name: 'oauth.claude-token',
      method: 'POST',
      path: '/v1/oauth/token',
      run: withModes((exchange) => claudeToken(context, exchange)),
    },
    { name: 'oauth.revoke', method: 'POST', path: '/oauth/revoke', run: withModes((exchange) => revoke(context, exchange)) },
    {
      name: 'oauth.device-usercode',
      method: 'POST',
      path: '/api/accounts/deviceauth/usercode',
      run: withModes((exchange) => startDevice(context, exchange, devices)),
    },
    {
      name: 'oauth.device-token',
      method: 'POST',
      path: '/api/accounts/deviceauth/token',
      run: (exchange) => pollDevice(exchange, devices, codes),
    },
  ];
}

/** True where the mode has answered. */
async function playMode({ reset }: OauthContext, exchange: Exchange): Promise<boolean> {
  const { name, parameters } = exchange.scenario ?? { name: '', parameters: {} };
  if (name === 'slow') await delay(numberParameter(parameters, 'delayMs') ?? 100);
  if (name === 'server-error') {
    exchange.answer({ status: 500, body: { error: { code: 'server_error', message: 'Something went wrong.' } } });
    return true;
  }
  const fault = name === 'garbage' ? 'garbage-200' : name;
  if (!isFault(fault)) return false;
  const answer = faultAnswer(fault);
  if (answer !== undefined) sendAnswer(exchange.response, answer, exchange.journal);
  else if (fault === 'reset') reset(exchange);
  else if (fault !== 'no-answer') exchange.incoming.socket.end(faultBytes(fault));
  return true;
}

const isFault = (name: string): name is FaultName => FAULTS.includes(name);

function authorize(exchange: Exchange, codes: Map<string, PendingCode>): void {
  const { query } = exchange;
  const get = (name: string): string => query.get(name) ?? '';
  const redirectUri = get('redirect_uri');
  if (get('client_id') !== CLIENT_ID) throw refuse(400, '<h1>unknown client_id</h1>', 'unknown client_id');
  if (!REDIRECT_URI.test(redirectUri)) {
    throw refuse(400, '<h1>redirect_uri is not registered</h1>', 'redirect_uri is not registered');
  }
  const back = (fields: Record<string, string>): void => {
    const target = new URL(redirectUri);
    for (const [name, value] of Object.entries(fields)) target.searchParams.set(name, value);
    exchange.answer({ status: 302, headers: { location: target.href }, body: '' });
  };
  const state = get('state');
  const fault = [
    [get('response_type') === 'code', 'response_type must be code'],
    [get('code_challenge_method') === 'S256', 'code_challenge_method must be S256'],
    [/^[A-Za-z0-9_-]{43}$/.test(get('code_challenge')), 'code_challenge must be 43 base64url characters'],
    [state.length >= 16, 'state is too short'],
    [
      get('scope').split(' ').includes('openid') && get('scope').split(' ').includes('offline_access'),
      'scope needs openid and offline_access',
    ],
  ].find(([good]) => good === false)?.[1];
  if (typeof fault === 'string') {
    exchange.journal.refusal = fault;
    return back({ error: 'invalid_request', error_description: fault, state });
  }
  if (exchange.scenario?.name === 'denied') {
    return back({ error: 'access_denied', error_description: 'missing_codex_entitlement', state });
  }
  const code = `ac_${randomBytes(24).toString('base64url')}`;
  codes.set(code, { challenge: get('code_challenge'), redirectUri });
  back({ code, state: exchange.scenario?.name === 'wrong-state' ? 'someone-elses' : state });
}

function token(context: OauthContext, exchange: Exchange, codes: Map<string, PendingCode>): void {
  const fields = readFields(exchange);
  if (fields['client_id'] !== CLIENT_ID) throw refuse(401, { error: 'invalid_client', error_description: 'unknown client_id' });
  switch (fields['grant_type']) {
    case 'authorization_code':
      return exchangeCode(context, exchange, fields, codes);
    case 'refresh_token':
      return refreshTokens(context, exchange, fields);
    default:
      throw oauthError('unsupported_grant_type', `grant_type ${fields['grant_type'] ?? 'missing'}`);
  }
}

function exchangeCode(
  { store, counters }: OauthContext,
  exchange: Exchange,
  fields: Readonly<Record<string,
  string>>,
  codes: Map<string,
  PendingCode>,
): void {
  const code = fields['code'] ?? '';
  const pending = codes.get(code);
  // A code works once, whatever comes of it.
  codes.delete(code);
  if (pending === undefined) throw oauthError('invalid_grant', 'the code is unknown or was used');
  if (fields['redirect_uri'] !== pending.redirectUri) {
    throw oauthError('invalid_grant', 'redirect_uri differs from the one of the authorization request');
  }
  const verifier = fields['code_verifier'] ?? '';
  if (!CODE_VERIFIER.test(verifier)) throw oauthError('invalid_request', 'code_verifier must be 43 to 128 unreserved characters');
  if (createHash('sha256').update(verifier).digest('base64url') !== pending.challenge) {
    throw oauthError('invalid_grant', 'code_verifier does not match code_challenge');
  }
  counters.codeExchanges += 1;
  exchange.answer({ status: 200, body: toTokenResponse(store.issue(), exchange) });
}

function refreshTokens({ store, counters }: OauthContext, exchange: Exchange, fields: Readonly<Record<string, string>>): void {
  const outcome = store.refresh(fields['refresh_token'] ?? '');
  if (outcome.kind === 'refused') {
    counters.tokenRefreshesRefused += 1;
    throw refuse(
      401,
      {
        error: {
          message: 'Your refresh token is not valid any more. Please log in again.',
          type: 'invalid_request_error',
          param: null,
          code: outcome.code,
        },
      },
    );
  }
  counters.tokenRefreshes += 1;
  exchange.answer({ status: 200, body: toTokenResponse(outcome.tokens, exchange) });
}

function claudeToken({ store, counters }: OauthContext, exchange: Exchange): void {
  const isJson = /^application\/json\b/.test(exchange.headers['content-type'] ?? '');
  if (!isJson) throw oauthError('invalid_request', 'the body must be JSON');
  const fields = readFields(exchange);
  if (fields['client_id'] !== CLAUDE_CLIENT_ID) throw oauthError('invalid_client', 'unknown client_id');
  const grantType = fields['grant_type'] ?? 'missing';
  if (grantType !== 'refresh_token') throw oauthError('unsupported_grant_type', `grant_type ${grantType}`);
  const outcome = store.refresh(fields['refresh_token'] ?? '');
  if (outcome.kind === 'refused') {
    counters.tokenRefreshesRefused += 1;
    throw oauthError('invalid_grant', 'Refresh token not found or invalid');
  }
  counters.tokenRefreshes += 1;
  const { accessToken, refreshToken, expiresInSeconds } = outcome.tokens;
  exchange.answer({
    status: 200,
    body: {
      token_type: 'Bearer',
      access_token: accessToken,
      expires_in: expiresInSeconds,
      refresh_token: refreshToken,
      scope: 'user:inference user:profile',
    },
  });
}

function toTokenResponse(tokens: TokenSet, exchange: Exchange): HttpAnswer['body'] {
  const isSparse = exchange.scenario?.name === 'no-refresh-token';
  return {
    access_token: tokens.accessToken,
    ...(isSparse ? {} : { id_token: tokens.idToken, refresh_token: tokens.refreshToken, expires_in: tokens.expiresInSeconds }),
    token_type: 'Bearer',
    scope: 'openid profile email offline_access',
  };
}

function revoke({ store, counters }: OauthContext, exchange: Exchange): void {
  const fields = readFields(exchange);
  if (fields['token'] === undefined) throw oauthError('invalid_request', 'token is missing');
  store.revoke(fields['token']);
  counters.revocations += 1;
  exchange.answer({ status: 200, body: {} });
}

function startDevice(
  context: OauthContext,
  exchange: Exchange,
  devices: Map<string,
  { readonly userCode: string; polls: number }>,
): void {
  if (exchange.scenario?.name === 'device-disabled') throw refuse(404, { detail: 'Not Found' });
  if (readFields(exchange)['client_id'] !== CLIENT_ID) throw refuse(400, { error: 'invalid_client' });
  const id = `dev_${randomBytes(12).toString('hex')}`;
  const userCode = `${randomBytes(2).toString('hex')}-${randomBytes(2).toString('hex')}`.toUpperCase();
  devices.set(id, { userCode, polls: 0 });
  exchange.answer({
    status: 200,
    body: { device_auth_id: id, user_code: userCode, interval: String(context.deviceIntervalSeconds) },
  });
}

function pollDevice(
  exchange: Exchange,
  devices: Map<string,
  { readonly userCode: string; polls: number }>,
  codes: Map<string,
  PendingCode>,
): void {
  const fields = readFields(exchange);
  const device = devices.get(fields['device_auth_id'] ?? '');
  if (device === undefined || device.userCode !== fields['user_code']) {
    throw refuse(400, { error: { code: 'invalid_device', message: 'unknown device_auth_id or user_code' } });
  }
  if (exchange.scenario?.name === 'denied') {
    throw refuse(401, { error: { code: 'access_denied', message: 'The request was denied.' } });
  }
  device.polls += 1;
  const mode = exchange.scenario?.name;
  if (mode === 'device-pending') throw refuse(403, { error: { code: 'deviceauth_authorization_pending', message: 'pending' } });
  if (mode === 'device-expired' && device.polls > 1) throw oauthError('expired_token', 'The code has expired.');
  if (mode === 'device-slow-down' && device.polls === 1) throw oauthError('slow_down', 'Polling too fast.');
  // Pending is 403 or 404; both occur.
  if (device.polls <= DEVICE_POLLS_PENDING) {
    throw refuse(device.polls % 2 === 0 ? 404 : 403, { error: { code: 'deviceauth_authorization_pending', message: 'pending' } });
  }
  const verifier = randomBytes(48).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const code = `ac_${randomBytes(24).toString('base64url')}`;
  codes.set(code, { challenge, redirectUri: `${exchange.baseUrl}/deviceauth/callback` });
  exchange.answer({ status: 200, body: { authorization_code: code, code_challenge: challenge, code_verifier: verifier } });
}
