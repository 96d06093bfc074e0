/** The providers that one signs in to, and by which keys their tokens are found. To add one, add its row. */
import type { KeyName } from '@sx/config';

export interface OAuthProviderRow {
  /** Before `_TOKEN_SOURCE`, `_REMOTE_URL`, `_SSH_HOST` and the others. */
  readonly prefix: 'CODEX' | 'CLAUDE_CODE';
  /** An access token as such; wins over every source. */
  readonly tokenKey: KeyName;
  /** Account of that token, where the token does not say. */
  readonly accountKey?: KeyName;
  /** Where the vendor's own program keeps its login, below the home directory. */
  readonly vendorDirectory: string;
  readonly vendorFile: string;
  /** Names another directory than `vendorDirectory`. */
  readonly vendorDirectoryKey?: KeyName;
  /** What to do where there is no login. */
  readonly signInHint: string;
}

export type OAuthProviderId = 'codex' | 'claude_code';

export const OAUTH_PROVIDERS: Readonly<Record<OAuthProviderId, OAuthProviderRow>> = {
  codex: {
    prefix: 'CODEX',
    tokenKey: 'CODEX_ACCESS_TOKEN',
    accountKey: 'CODEX_ACCOUNT_ID',
    vendorDirectory: '.codex',
    vendorFile: 'auth.json',
    vendorDirectoryKey: 'CODEX_HOME',
    signInHint: 'sx login codex signs in; CODEX_TOKEN_SOURCE=remote or ssh takes the token from elsewhere',
  },
  claude_code: {
    prefix: 'CLAUDE_CODE',
    tokenKey: 'CLAUDE_CODE_OAUTH_TOKEN',
    vendorDirectory: '.claude',
    vendorFile: '.credentials.json',
    signInHint: "sign in with the vendor's own program; CLAUDE_CODE_TOKEN_SOURCE=remote or ssh takes the token from elsewhere",
  },
};

export function isOAuthProviderId(id: string): id is OAuthProviderId {
  return Object.hasOwn(OAUTH_PROVIDERS, id);
}
