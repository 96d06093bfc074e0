/**
 * The device flow of the ChatGPT issuer, which is not RFC 8628: the *server* makes the PKCE pair, the interval is a string
 * of seconds, and 403 or 404 mean that the user has not finished yet.
 *
 * `startDeviceLogin` gives the code to show; `finishDeviceLogin` polls until the user is done, then exchanges.
 */
import { setTimeout as delay } from 'node:timers/promises';

import { NetError } from '@sx/net';
import { ProviderError, stringOr } from '@sx/llm';

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
  while (now() < login.expiresAtMs) {
    const grant = await poll(config, login, context);
    if (grant) return exchangeCode(config, { ...grant, redirectUri: config.deviceRedirectUri }, context);
    await sleep(login.intervalMs, context.signal);
  }
  throw new ProviderError('PROVIDER_AUTHENTICATION', 'device login: the code was not used in time', {
    hint: 'start the login again',
  });
}

async function poll(config: CodexOAuthConfig, login: DeviceLogin, context: OAuthContext) {
  const what = 'device login';
  try {
    const body = { device_auth_id: login.deviceAuthId, user_code: login.userCode };
    const answer = await postToEndpoint({ url: config.deviceTokenUrl, what, body, encoding: 'json' }, context);
    const code = stringOr(answer['authorization_code'], '');
    const verifier = stringOr(answer['code_verifier'], '');
    if (code === '' || verifier === '') throw new OAuthFault('malformed', `${what}: the answer holds no authorization code`, 200);
    return { code, verifier };
  } catch (error) {
    // A network page that answers 403 is told apart by its HTML.
    const isPending = error instanceof OAuthFault && error.kind === 'error' && (error.status === 403 || error.status === 404);
    if (isPending) return undefined;
    throw isAbort(error) ? error : loginError(error);
  }
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
