/**
 * The device flow of the ChatGPT issuer, which is not RFC 8628: the *server* makes the PKCE pair, the interval is a string
 * of seconds, and 403 or 404 mean that the user has not finished yet. Where it does speak with the codes of RFC 8628 (section 3.5),
 * these decide: `authorization_pending`, `slow_down` (so does a bare 429), `access_denied`, `expired_token`.
 *
 * `startDeviceLogin` gives the code to show; `finishDeviceLogin` polls until the user is done, then exchanges.
 */
import { setTimeout as delay } from 'node:timers/promises';

import { NetError } from '@sx/net/net-error';
import { ProviderError, stringOr } from '@sx/llm/provider-kit';

import { defaultAuthLimits } from '../limits.ts';
import type { CodexOAuthConfig } from './codex-config.ts';
import { exchangeCode } from './codex.ts';
import { isAbort, loginError, type OAuthContext, OAuthFault, postToEndpoint } from './token-endpoint.ts';
import type { OAuthTokens } from './token-answer.ts';

export interface DeviceLogin {
  /** What the user types at `pageUrl`. */
  readonly userCode: string;
  readonly pageUrl: string;
  /** A secret: whoever has it gets the login. */
  readonly deviceAuthId: string;
  readonly intervalMs: number;
  /** Epoch milliseconds, by the clock of the context. */
  readonly expiresAtMs: number;
}

export async function startDeviceLogin(config: CodexOAuthConfig, context: OAuthContext): Promise<DeviceLogin> {
  const what = 'device login';
  const limits = { ...defaultAuthLimits, ...context.limits };
  try {
    const answer = await postToEndpoint(
      { url: config.deviceCodeUrl, what, body: { client_id: config.clientId }, encoding: 'json' },
      context,
    );
    const deviceAuthId = stringOr(answer['device_auth_id'], '');
    const userCode = stringOr(answer['user_code'], undefined) ?? stringOr(answer['usercode'], '');
    if (deviceAuthId === '' || !/^[\x20-\x7e]{1,64}$/.test(userCode)) {
      throw new OAuthFault('malformed', `${what}: the answer holds no code`, 200);
    }
    context.redactor?.addSecret(deviceAuthId);
    const expiresAtMs = (context.now ?? Date.now)() + limits.deviceTimeoutMs;
    return {
      userCode,
      deviceAuthId,
      pageUrl: config.devicePageUrl,
      intervalMs: readInterval(answer['interval'], limits),
      expiresAtMs,
    };
  } catch (error) {
    if (error instanceof OAuthFault && error.status === 404) {
      throw new ProviderError('PROVIDER_UNSUPPORTED', 'this issuer offers no device login', {
        status: 404,
        hint: 'sign in with the browser instead',
        cause: error,
      });
    }
    throw loginError(error);
  }
}

/**
 * @param sleep - Waits between two polls; for tests. Default: a timer.
 * @throws {ProviderError} `PROVIDER_AUTHENTICATION` when the time is up or the user declined; {NetError} `NET_ABORTED`.
 */
export async function finishDeviceLogin(
  config: CodexOAuthConfig,
  login: DeviceLogin,
  context: OAuthContext,
  sleep: (ms: number, signal: AbortSignal | undefined) => Promise<void> = sleepOnTimer,
): Promise<OAuthTokens> {
  const now = context.now ?? Date.now;
  const { deviceSlowDownMs, devicePollIntervalMsMax } = { ...defaultAuthLimits, ...context.limits };
  let intervalMs = login.intervalMs;
  while (now() < login.expiresAtMs) {
    const answer = await poll(config, login, context);
    if (typeof answer === 'object') return exchangeCode(config, { ...answer, redirectUri: config.deviceRedirectUri }, context);
    // RFC 8628, section 3.5: for this and all later requests.
    if (answer === 'slow-down') intervalMs = Math.min(intervalMs + deviceSlowDownMs, devicePollIntervalMsMax);
    // Never past the end: whoever waits learns at once that it is over.
    await sleep(Math.min(intervalMs, Math.max(0, login.expiresAtMs - now())), context.signal);
  }
  throw notInTime();
}

interface Grant {
  readonly code: string;
  readonly verifier: string;
}

async function poll(config: CodexOAuthConfig, login: DeviceLogin, context: OAuthContext): Promise<Grant | 'pending' | 'slow-down'> {
  const what = 'device login';
  try {
    const body = { device_auth_id: login.deviceAuthId, user_code: login.userCode };
    const answer = await postToEndpoint({ url: config.deviceTokenUrl, what, body, encoding: 'json' }, context);
    const code = stringOr(answer['authorization_code'], '');
    const verifier = stringOr(answer['code_verifier'], '');
    if (code === '' || verifier === '') throw new OAuthFault('malformed', `${what}: the answer holds no authorization code`, 200);
    return { code, verifier };
  } catch (error) {
    if (isAbort(error)) throw error;
    return waitFor(error);
  }
}

/** What a refusal means for the next poll. @throws where it ends the login. */
function waitFor(error: unknown): 'pending' | 'slow-down' {
  // A network page that answers 403 is told apart by its HTML.
  if (!(error instanceof OAuthFault) || error.kind !== 'error') throw loginError(error);
  switch (error.vendorCode) {
    case 'authorization_pending':
    case 'deviceauth_authorization_pending':
      return 'pending';
    case 'slow_down':
      return 'slow-down';
    case 'access_denied':
      throw new ProviderError('PROVIDER_AUTHENTICATION', 'device login: it was declined', {
        status: error.status,
        vendorCode: error.vendorCode,
        cause: error,
      });
    case 'expired_token':
      throw notInTime(error);
  }
  if (error.status === 429) return 'slow-down';
  if (error.status === 403 || error.status === 404) return 'pending';
  throw loginError(error);
}

function notInTime(cause?: unknown): ProviderError {
  return new ProviderError('PROVIDER_AUTHENTICATION', 'device login: the code was not used in time', {
    hint: 'start the login again',
    ...(cause === undefined ? {} : { cause }),
  });
}

function readInterval(
  value: unknown,
  limits: { readonly devicePollIntervalMs: number; readonly devicePollIntervalMsMax: number },
): number {
  const isText = typeof value === 'string' && value.trim() !== '';
  const seconds = isText || typeof value === 'number' ? Number(value) : Number.NaN;
  if (!Number.isFinite(seconds) || seconds <= 0) return limits.devicePollIntervalMs;
  return Math.min(seconds * 1000, limits.devicePollIntervalMsMax);
}

async function sleepOnTimer(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await delay(ms, undefined, signal ? { signal } : {}).catch((cause: unknown) => {
    throw new NetError('NET_ABORTED', 'device login: aborted', { cause });
  });
}
