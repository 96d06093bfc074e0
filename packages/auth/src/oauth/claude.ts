/**
 * Refresh of a Claude subscription token, for credentials that the vendor's own tool put there. No login flow: the vendor
 * reserves that to its own programs.
 */
import type { RefreshCredential, RefreshedCredential } from '@sx/net';

import { type OAuthContext, postToEndpoint, refreshError } from './token-endpoint.ts';
import { readRefreshAnswer } from './token-answer.ts';

export interface ClaudeOAuthConfig {
  readonly clientId: string;
  readonly tokenUrl: string;
  /** The value of `anthropic-beta` that opens OAuth. */
  readonly beta: string;
}

export function claudeOAuthConfig(overrides: Partial<ClaudeOAuthConfig> = {}): ClaudeOAuthConfig {
  return {
    clientId: '9d1c250a-e61b-44d9-88ed-5944d1962f5e',
    tokenUrl: 'https://platform.claude.com/v1/oauth/token',
    beta: 'oauth-2025-04-20',
    ...overrides,
  };
}

/** @throws {NetError} `NET_TOKEN_SIGNED_OUT` for good, `NET_TOKEN_REFRESH` in passing, and those of the network. */
export async function refreshClaudeToken(
  config: ClaudeOAuthConfig,
  refreshToken: string,
  context: OAuthContext,
): Promise<RefreshedCredential> {
  const what = 'token refresh';
  try {
    const body = { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: config.clientId };
    const post = { url: config.tokenUrl, what, body, encoding: 'json', fields: [['anthropic-beta', config.beta]] } as const;
    return readRefreshAnswer(await postToEndpoint(post, context), what, context);
  } catch (error) {
    throw refreshError(error);
  }
}

/** For `createFileTokenSource`. */
export function claudeRefresh(config: ClaudeOAuthConfig, context: Omit<OAuthContext, 'signal'>): RefreshCredential {
  return (credential, signal) => refreshClaudeToken(config, credential.refreshToken, { ...context, signal });
}
