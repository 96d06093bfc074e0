/**
 * Refresh of a Claude subscription token, for credentials that the vendor's own tool put there. No login flow: the vendor
 * reserves that to its own programs.
 */
import type { RefreshCredential, RefreshedCredential } from '@sx/net';

import type { ClaudeOAuthConfig } from './claude-config.ts';
import { type OAuthContext, postToEndpoint, refreshError } from './token-endpoint.ts';
import { readRefreshAnswer } from './token-answer.ts';

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
