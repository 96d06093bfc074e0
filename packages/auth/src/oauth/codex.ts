/**
 * The ChatGPT login of Codex: authorization code with PKCE, refresh, revocation. Requests only; the browser's part is in
 * `loopback-server.ts`, the other way in is `device-code.ts`, and storing is the token source's.
 */
import type { RefreshCredential, RefreshedCredential } from '@sx/net';
import { readJwtClaims } from '@sx/net/jwt-claims';
import { isObject, parseJson, ProviderError } from '@sx/llm/provider-kit';

import { defaultAuthLimits } from '../limits.ts';
import type { CodexOAuthConfig } from './codex-config.ts';
import { loginError, type OAuthContext, postToEndpoint, refreshError } from './token-endpoint.ts';
import { type OAuthTokens, readLoginAnswer, readRefreshAnswer } from './token-answer.ts';

export interface AuthorizeRequest {
  readonly redirectUri: string;
  readonly challenge: string;
  readonly state: string;
  /** Forces one of these workspaces. */
  readonly allowedWorkspaceIds?: readonly string[] | undefined;
}

/** What the user opens in the browser. */
export function authorizeUrl(config: CodexOAuthConfig, request: AuthorizeRequest): string {
  const url = new URL(config.authorizeUrl);
  const parameters: Record<string, string> = {
    response_type: 'code',
    client_id: config.clientId,
    redirect_uri: request.redirectUri,
    scope: config.scopes.join(' '),
    code_challenge: request.challenge,
    code_challenge_method: 'S256',
    id_token_add_organizations: 'true',
    codex_cli_simplified_flow: 'true',
    state: request.state,
    originator: config.originator,
  };
  if (request.allowedWorkspaceIds?.length) parameters['allowed_workspace_id'] = request.allowedWorkspaceIds.join(',');
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

export interface CodeExchange {
  readonly code: string;
  /** The one of the authorization request, to the letter. */
  readonly redirectUri: string;
  readonly verifier: string;
}

/** @throws {ProviderError} as `loginError` says; {NetError} of the network. */
export async function exchangeCode(
  config: CodexOAuthConfig,
  exchange: CodeExchange,
  context: OAuthContext,
): Promise<OAuthTokens> {
  const what = 'code exchange';
  context.redactor?.addSecret(exchange.code);
  context.redactor?.addSecret(exchange.verifier);
  try {
    const body = {
      grant_type: 'authorization_code',
      code: exchange.code,
      redirect_uri: exchange.redirectUri,
      client_id: config.clientId,
      code_verifier: exchange.verifier,
    };
    return readLoginAnswer(await postToEndpoint({ url: config.tokenUrl, what, body, encoding: 'form' }, context), what, context);
  } catch (error) {
    throw loginError(error);
  }
}

/** @throws {NetError} `NET_TOKEN_SIGNED_OUT` for good, `NET_TOKEN_REFRESH` in passing, and those of the network. */
export async function refreshCodexToken(
  config: CodexOAuthConfig,
  refreshToken: string,
  context: OAuthContext,
): Promise<RefreshedCredential> {
  const what = 'token refresh';
  try {
    const body = { client_id: config.clientId, grant_type: 'refresh_token', refresh_token: refreshToken };
    return readRefreshAnswer(
      await postToEndpoint({ url: config.tokenUrl, what, body, encoding: 'json' }, context),
      what,
      context,
    );
  } catch (error) {
    throw refreshError(error);
  }
}

/** For `createFileTokenSource`. */
export function codexRefresh(config: CodexOAuthConfig, context: Omit<OAuthContext, 'signal'>): RefreshCredential {
  return (credential, signal) => refreshCodexToken(config, credential.refreshToken, { ...context, signal });
}

/** Best effort, at most ten seconds. False where the issuer did not confirm; the file is deleted in any case. */
export async function revokeCodexToken(
  config: CodexOAuthConfig,
  tokens: { readonly refreshToken?: string | undefined; readonly accessToken?: string | undefined },
  context: OAuthContext,
): Promise<boolean> {
  const { refreshToken, accessToken } = tokens;
  if (refreshToken === undefined && accessToken === undefined) return false;
  const body: Record<string, string> =
    refreshToken === undefined
      ? { token: accessToken ?? '', token_type_hint: 'access_token' }
      : { token: refreshToken, token_type_hint: 'refresh_token', client_id: config.clientId };
  const timeoutMs = context.limits?.revokeTimeoutMs ?? defaultAuthLimits.revokeTimeoutMs;
  try {
    await postToEndpoint(
      { url: config.revokeUrl, what: 'revocation', body, encoding: 'json', timeoutMs, acceptsEmpty: true },
      context,
    );
    return true;
  } catch {
    return false;
  }
}

/**
 * The text of a Codex credential file after a login. Members that we do not know survive in `existingText`, where it is JSON.
 *
 * @throws {ProviderError} `PROVIDER_MALFORMED_RESPONSE` without a refresh token: the login would end with the hour.
 */
export function codexCredentialText(tokens: OAuthTokens, nowMs: number, existingText?: string): string {
  if (tokens.refreshToken === undefined) {
    throw new ProviderError('PROVIDER_MALFORMED_RESPONSE', 'the issuer gave no refresh token');
  }
  const parsed = existingText === undefined ? undefined : parseJson(existingText.replace(/^\ufeff/, ''));
  const existing = isObject(parsed) ? parsed : {};
  const accountId = readJwtClaims(tokens.idToken ?? '').accountId ?? readJwtClaims(tokens.accessToken).accountId ?? null;
  const credential = {
    OPENAI_API_KEY: null,
    ...existing,
    auth_mode: 'chatgpt',
    tokens: {
      id_token: tokens.idToken ?? '',
      access_token: tokens.accessToken,
      refresh_token: tokens.refreshToken,
      account_id: accountId,
    },
    last_refresh: new Date(nowMs).toISOString(),
  };
  return `${JSON.stringify(credential, null, 2)}\n`;
}
