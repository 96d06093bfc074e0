/**
 * The tokens that the simulator has issued: JWT-shaped access tokens with the claims that clients read, and refresh tokens that
 * work once.
 *
 * A refresh token used twice gives the whole family away: its holder may be a thief, so every token of that login is void (RFC
 * 9700, section 4.14).
 */
import { createHmac, randomBytes, randomUUID } from 'node:crypto';

export interface TokenSet {
  readonly idToken: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly accountId: string;
  readonly expiresInSeconds: number;
  readonly expiresAtMs: number;
}

export type TokenState = 'valid' | 'expired' | 'revoked' | 'unknown';
export type RefreshOutcome = { readonly kind: 'issued'; readonly tokens: TokenSet } | { readonly kind: 'refused'; readonly code: 'refresh_token_expired' | 'refresh_token_reused' | 'refresh_token_invalidated' };

export interface IssueOptions {
  readonly expiresInSeconds?: number;
  readonly plan?: string;
  readonly accountId?: string;
}

export interface TokenStore {
  readonly accountId: string;
  issue(options?: IssueOptions): TokenSet;
  refresh(refreshToken: string): RefreshOutcome;
  revoke(token: string): void;
  state(accessToken: string): TokenState;
  accountOf(accessToken: string): string | undefined;
  /** Makes every access token issued so far worthless, as the passing of time would. */
  expireAll(): void;
}

interface Family {
  void: boolean;
  readonly options: IssueOptions;
}

export function createTokenStore(defaults: { readonly expiresInSeconds: number }): TokenStore {
  const secret = randomBytes(32);
  const accountId = randomUUID();
  const access = new Map<string, { readonly family: Family; expiresAtMs: number; readonly accountId: string }>();
  const refresh = new Map<string, { readonly family: Family; used: boolean }>();

  const toJwt = (claims: object): string => {
    const unsigned = [{ alg: 'HS256', typ: 'JWT' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    return `${unsigned}.${createHmac('sha256', secret).update(unsigned).digest('base64url')}`;
  };

  const issueInto = (family: Family, expiresInSeconds = defaults.expiresInSeconds): TokenSet => {
    const { plan = 'pro' } = family.options;
    const account = family.options.accountId ?? accountId;
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: 'https://auth.simulator.test',
      iat: now,
      exp: now + expiresInSeconds,
      jti: randomUUID(),
      'https://api.openai.com/auth': {
        chatgpt_account_id: account,
        chatgpt_plan_type: plan,
        chatgpt_user_id: 'user-simulated',
        chatgpt_account_is_fedramp: false,
      },
    };
    const accessToken = toJwt({
      ...claims,
      aud: ['https://api.openai.com/v1'],
      scp: ['openid', 'profile', 'email', 'offline_access'],
    });
    const idToken = toJwt({ ...claims, aud: ['app_EMoamEEZ73f0CkXaXp7hrann'], email: 'user@example.test' });
    const refreshToken = `rt_${randomBytes(32).toString('base64url')}`;
    access.set(accessToken, { family, expiresAtMs: (now + expiresInSeconds) * 1000, accountId: account });
    refresh.set(refreshToken, { family, used: false });
    return {
      idToken,
      accessToken,
      refreshToken,
      accountId: account,
      expiresInSeconds,
      expiresAtMs: (now + expiresInSeconds) * 1000,
    };
  };

  return {
    accountId,
    issue: (options = {}) => issueInto({ void: false, options }, options.expiresInSeconds),
    refresh(token) {
      const known = refresh.get(token);
      if (known === undefined) return { kind: 'refused', code: 'refresh_token_expired' };
      if (known.used) {
        known.family.void = true;
        return { kind: 'refused', code: 'refresh_token_reused' };
      }
      if (known.family.void) return { kind: 'refused', code: 'refresh_token_invalidated' };
      known.used = true;
      // What is renewed lives as long as the default says: tests issue tokens that expire at once, to see one refresh and not a
      // row of them.
      return { kind: 'issued', tokens: issueInto(known.family) };
    },
    revoke(token) {
      const family = refresh.get(token)?.family ?? access.get(token)?.family;
      if (family !== undefined) family.void = true;
    },
    state(token) {
      const known = access.get(token);
      if (known === undefined) return 'unknown';
      if (known.family.void) return 'revoked';
      return known.expiresAtMs <= Date.now() ? 'expired' : 'valid';
    },
    accountOf: (token) => access.get(token)?.accountId,
    expireAll() {
      for (const known of access.values()) known.expiresAtMs = 0;
    },
  };
}

/** The file of the vendor's own program, as `auth.json` holds it. */
export function toCodexAuthFile(tokens: TokenSet): object {
  return {
    auth_mode: 'chatgpt',
    OPENAI_API_KEY: null,
    tokens: {
      id_token: tokens.idToken,
      access_token: tokens.accessToken,
      refresh_token: tokens.refreshToken,
      account_id: tokens.accountId,
    },
    last_refresh: new Date().toISOString(),
  };
}

/** The other vendor's file, `.credentials.json`: milliseconds. */
export function toClaudeCredentialsFile(tokens: TokenSet): object {
  return {
    claudeAiOauth: {
      accessToken: tokens.accessToken,
      refreshToken: tokens.refreshToken,
      expiresAt: tokens.expiresAtMs,
      scopes: ['user:inference', 'user:profile'],
      subscriptionType: 'max',
    },
  };
}

/** The flat shape: seconds. */
export function toFlatToken(tokens: TokenSet, withRefresh: boolean): object {
  return {
    access_token: tokens.accessToken,
    ...(withRefresh ? { refresh_token: tokens.refreshToken } : {}),
    account_id: tokens.accountId,
    expires_at: Math.floor(tokens.expiresAtMs / 1000),
  };
}
