export { apiKey, type ApiKeyOptions, noAuth } from './api-key.ts';
export { bearer, type BearerOptions } from './bearer.ts';
export { type AuthLimits, defaultAuthLimits } from './limits.ts';
export { type LoginOptions } from './loopback-login.ts';
export { type LoopbackServer, type LoopbackServerOptions, startLoopbackServer } from './loopback-server.ts';
export { claudeRefresh, refreshClaudeToken } from './oauth/claude.ts';
export { type ClaudeOAuthConfig, claudeOAuthConfig } from './oauth/claude-config.ts';
export {
  authorizeUrl,
  type AuthorizeRequest,
  type CodeExchange,
  codexCredentialText,
  codexRefresh,
  exchangeCode,
  refreshCodexToken,
  revokeCodexToken,
} from './oauth/codex.ts';
export { type CodexOAuthConfig, codexOAuthConfig, type CodexOAuthOverrides } from './oauth/codex-config.ts';
export { type DeviceLogin, finishDeviceLogin, startDeviceLogin } from './oauth/device-code.ts';
export { readPastedRedirect } from './oauth/pasted-redirect.ts';
export { challengeOf, createPkce, createState, isSameState, type Pkce } from './oauth/pkce.ts';
export type { OAuthTokens } from './oauth/token-answer.ts';
export { type OAuthContext, OAuthFault } from './oauth/token-endpoint.ts';
