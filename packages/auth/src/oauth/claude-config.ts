/** Where and as whom a Claude subscription token is refreshed. The vendor's own tool is registered there, we are not. */
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
