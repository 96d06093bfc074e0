/** Where ChatGPT logins are issued, and under which name we ask. The defaults are public constants; each can be overridden. */
export interface CodexOAuthConfig {
  readonly clientId: string;
  /** Ours asks for no connectors, so the first four of the official client's six suffice. */
  readonly scopes: readonly string[];
  readonly originator: string;
  /** The issuer accepts redirects to these ports only, in this order of preference. */
  readonly redirectPorts: readonly number[];
  readonly redirectPath: string;
  readonly authorizeUrl: string;
  readonly tokenUrl: string;
  readonly revokeUrl: string;
  readonly deviceCodeUrl: string;
  readonly deviceTokenUrl: string;
  /** Where the user types the device code. */
  readonly devicePageUrl: string;
  readonly deviceRedirectUri: string;
}

export type CodexOAuthOverrides = Partial<CodexOAuthConfig> & { readonly issuer?: string | undefined };

export function codexOAuthConfig(
  { issuer = 'https://auth.openai.com', ...overrides }: CodexOAuthOverrides = {},
): CodexOAuthConfig {
  const base = issuer.replace(/\/+$/, '');
  return {
    clientId: 'app_EMoamEEZ73f0CkXaXp7hrann',
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    originator: 'sx',
    redirectPorts: [1455, 1457],
    redirectPath: '/auth/callback',
    authorizeUrl: `${base}/oauth/authorize`,
    tokenUrl: `${base}/oauth/token`,
    // Whoever moves the one moves the other: they are paths of one server.
    revokeUrl: overrides.tokenUrl === undefined ? `${base}/oauth/revoke` : new URL('/oauth/revoke', overrides.tokenUrl).href,
    deviceCodeUrl: `${base}/api/accounts/deviceauth/usercode`,
    deviceTokenUrl: `${base}/api/accounts/deviceauth/token`,
    devicePageUrl: `${base}/codex/device`,
    deviceRedirectUri: `${base}/deviceauth/callback`,
    ...overrides,
  };
}
