/**
 * Where the access token of an OAuth provider comes from, by its `*_TOKEN_SOURCE`: a file here, a token server, a file on
 * another host.
 *
 * Two steps, because the egress policy stands between them: the plan names what will be called, `open` calls it, on a network
 * that may reach exactly that. Each source takes all three credential shapes.
 */
import { claudeOAuthConfig, claudeRefresh, codexOAuthConfig, codexRefresh } from '@sx/auth';
import { ConfigError, type KeyName, whereOf } from '@sx/config';
import {
  type AccessToken,
  createFileTokenSource,
  createRemoteTokenSource,
  type Dialer,
  NetError,
  type Redactor,
  type RefreshCredential,
  staticTokenSource,
  type TokenSource,
  type Transport,
} from '@sx/net';

import type { Settings } from '../settings.ts';
import { credentialFiles } from './credential-files.ts';
import { OAUTH_PROVIDERS, type OAuthProviderId } from './oauth-provider.ts';
import { sshAddress } from './ssh-address.ts';

export type TokenSourceKind = 'environment' | 'local' | 'remote' | 'ssh';

export interface TokenPlan {
  readonly kind: TokenSourceKind;
  /** What the source calls, for the egress policy: `https://…`, `ssh://host:port`. */
  readonly urls: readonly string[];
  /** @throws {NetError} `NET_TOKEN_MALFORMED`, `NET_BAD_URL`, `NET_PLAIN_HTTP_REFUSED`. */
  open(parts: TokenParts): ComposedTokenSource;
}

export interface TokenParts {
  /** Not rewritten by `PROXY_URL`: tokens have their own servers. */
  readonly direct: Transport;
  readonly dialer: Dialer;
  readonly redactor: Redactor;
}

export interface ComposedTokenSource {
  readonly source: TokenSource;
  /** A token that was got now: `local` renews it, the others fetch it. */
  renew(signal?: AbortSignal): Promise<AccessToken>;
  /** Await before the process ends: a renewal that is under way must be stored. */
  settled(): Promise<void>;
}

/**
 * @param asked - `--source`: it wins over a token in the environment too.
 * @throws {NetError} `NET_BAD_URL`; {ConfigError} where a key that the source needs is missing.
 */
export function planTokenSource(provider: OAuthProviderId, settings: Settings, asked?: string): TokenPlan {
  const kind = kindOf(provider, settings, asked);
  switch (kind) {
    case 'environment':
      return { kind, urls: [], open: ({ redactor }) => givenToken(provider, settings, redactor) };
    case 'local':
      return { kind, urls: [issuerOf(provider, settings)], open: (parts) => localFile(provider, settings, parts) };
    case 'remote': {
      const url = remoteUrl(provider, settings);
      const apiKey = settings.config.text('TOKEN_HTTP_API_KEY');
      return {
        kind,
        urls: [url],
        open: ({ direct, redactor }) => fetched(createRemoteTokenSource({ url, apiKey, transport: direct, redactor })),
      };
    }
    case 'ssh': {
      const address = sshAddress(provider, settings);
      const load = async (parts: TokenParts): Promise<TokenSource> => {
        const { sshTokenSource } = await import('./ssh-token-source.ts');
        return sshTokenSource(provider, settings, address, parts);
      };
      return { kind, urls: [address.url], open: (parts) => fetched(loadedLater(() => load(parts))) };
    }
    default: {
      const unknown: never = kind;
      return unknown;
    }
  }
}

function kindOf(provider: OAuthProviderId, { config }: Settings, asked: string | undefined): TokenSourceKind {
  const { prefix, tokenKey } = OAUTH_PROVIDERS[provider];
  if (asked === undefined && config.text(tokenKey) !== undefined) return 'environment';
  const kind = asked ?? config.text(`${prefix}_TOKEN_SOURCE`);
  return kind === 'ssh' ? 'ssh' : kind === 'remote' || kind === 'http' ? 'remote' : 'local';
}

function givenToken(provider: OAuthProviderId, { config }: Settings, redactor: Redactor): ComposedTokenSource {
  const { tokenKey, accountKey } = OAUTH_PROVIDERS[provider];
  const setting = config.setting(tokenKey);
  const origin = `${tokenKey} (${setting === undefined ? 'unset' : whereOf(setting)})`;
  const accountId = accountKey === undefined ? undefined : config.text(accountKey);
  const source = withAccount(staticTokenSource(setting?.value ?? '', origin, redactor), accountId);
  const hint = 'replace it, or unset it to use another source';
  const renew = (): Promise<AccessToken> =>
    Promise.reject(new NetError('NET_TOKEN_REFRESH', `${origin}: a token that was given cannot be renewed`, { where: origin, hint }));
  return { source, renew, settled: () => Promise.resolve() };
}

function withAccount(source: TokenSource, accountId: string | undefined): TokenSource {
  if (accountId === undefined) return source;
  return { get: async (request) => ({ ...(await source.get(request)), accountId }) };
}

function localFile(provider: OAuthProviderId, settings: Settings, { direct, redactor }: TokenParts): ComposedTokenSource {
  const refresh = refreshOf(provider, issuerOf(provider, settings), direct, redactor);
  const source = createFileTokenSource({ files: credentialFiles(settings, provider), provider, signInHint: OAUTH_PROVIDERS[provider].signInHint, refresh, redactor });
  return { source, renew: (signal) => source.renew(signal), settled: () => source.settled() };
}

function refreshOf(provider: OAuthProviderId, issuer: string, transport: Transport, redactor: Redactor): RefreshCredential {
  switch (provider) {
    case 'codex':
      return codexRefresh(codexOAuthConfig({ issuer }), { transport, redactor });
    case 'claude_code': {
      const tokenUrl = `${issuer.replace(/\/+$/, '')}/v1/oauth/token`;
      return claudeRefresh(claudeOAuthConfig({ tokenUrl }), { transport, redactor });
    }
    default: {
      const unknown: never = provider;
      return unknown;
    }
  }
}

/** The key has a default, but the empty value hides it. */
function issuerOf(provider: OAuthProviderId, { config }: Settings): string {
  const key: KeyName = `${OAUTH_PROVIDERS[provider].prefix}_OAUTH_URL`;
  const url = config.text(key);
  if (url !== undefined) return url;
  throw new ConfigError('CONFIG_BAD_VALUE', `${key} is empty, so no token can be renewed`, {
    hint: 'remove it from the configuration, and its default counts',
  });
}

function remoteUrl(provider: OAuthProviderId, { config }: Settings): string {
  const { prefix } = OAUTH_PROVIDERS[provider];
  const url = config.text(`${prefix}_REMOTE_URL`);
  if (url !== undefined) return url;
  throw new NetError('NET_BAD_URL', `${prefix}_TOKEN_SOURCE=remote needs ${prefix}_REMOTE_URL, which is empty`, {
    hint: `set ${prefix}_REMOTE_URL to the URL of the token server`,
  });
}

/** Nobody has had its token yet, so `get` fetches one: again only where it did before. */
function fetched(source: TokenSource): ComposedTokenSource {
  return { source, renew: (signal) => source.get({ signal }), settled: () => Promise.resolve() };
}

/** Its module is loaded with the first token that is wanted. */
function loadedLater(load: () => Promise<TokenSource>): TokenSource {
  let loading: Promise<TokenSource> | undefined;
  return {
    async get(request) {
      loading ??= load();
      return (await loading).get(request);
    },
  };
}
