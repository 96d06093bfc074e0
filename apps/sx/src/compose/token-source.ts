/** Where the access token of an OAuth provider comes from, by its `*_TOKEN_SOURCE`. */
import { codexOAuthConfig, codexRefresh } from '@sx/auth';
import { whereOf } from '@sx/config';
import { createFileTokenSource, createRemoteTokenSource, NetError, type Redactor, staticTokenSource, type TokenSource, type Transport } from '@sx/net';

import { CliError } from '../cli/cli-error.ts';
import type { Settings } from '../settings.ts';
import { credentialFiles } from './credential-files.ts';

export type TokenSourceKind = 'environment' | 'local' | 'remote' | 'ssh';

export interface ComposedTokenSource {
  readonly source: TokenSource;
  /** Await before the process ends: a renewal that is under way must be stored. */
  settled(): Promise<void>;
}

/** `asked` is `--source`: it wins over a token in the environment too. */
export function codexTokenSourceKind({ config }: Settings, asked?: string): TokenSourceKind {
  const kind = asked === 'http' ? 'remote' : (asked ?? (config.text('CODEX_ACCESS_TOKEN') === undefined ? config.text('CODEX_TOKEN_SOURCE') : 'environment'));
  switch (kind) {
    case 'environment':
    case 'remote':
    case 'ssh':
      return kind;
    default:
      return 'local';
  }
}

/** The servers that a source calls, for the egress policy. */
export function codexTokenUrls({ config }: Settings, kind: TokenSourceKind): string[] {
  if (kind === 'local') return [config.text('CODEX_OAUTH_URL') ?? codexOAuthConfig().tokenUrl];
  return kind === 'remote' ? [remoteUrl(config.text('CODEX_REMOTE_URL'))] : [];
}

/** @throws {NetError} `NET_TOKEN_MALFORMED`, `NET_BAD_URL`, `NET_PLAIN_HTTP_REFUSED`; {CliError} `CLI_UNSUPPORTED_SETTING`. */
export function codexTokenSource(settings: Settings, kind: TokenSourceKind, transport: Transport, redactor: Redactor): ComposedTokenSource {
  const { config } = settings;
  switch (kind) {
    case 'environment': {
      const setting = config.setting('CODEX_ACCESS_TOKEN');
      const fixed = staticTokenSource(setting?.value ?? '', `CODEX_ACCESS_TOKEN (${setting === undefined ? 'unset' : whereOf(setting)})`, redactor);
      return unsettled(withAccount(fixed, config.text('CODEX_ACCOUNT_ID')));
    }
    case 'local': {
      const issuer = config.text('CODEX_OAUTH_URL');
      const refresh = codexRefresh(codexOAuthConfig(issuer === undefined ? {} : { issuer }), { transport, redactor });
      const source = createFileTokenSource({ files: credentialFiles(settings, 'codex'), provider: 'codex', refresh, redactor });
      return { source, settled: () => source.settled() };
    }
    case 'remote':
      return unsettled(createRemoteTokenSource({ url: remoteUrl(config.text('CODEX_REMOTE_URL')), apiKey: config.text('TOKEN_HTTP_API_KEY'), transport, redactor }));
    case 'ssh':
      throw new CliError('CLI_UNSUPPORTED_SETTING', 'CODEX_TOKEN_SOURCE=ssh: this version reads no tokens over ssh yet', { hint: 'it knows local and remote' });
    default: {
      const unknown: never = kind;
      return unknown;
    }
  }
}

function remoteUrl(url: string | undefined): string {
  if (url !== undefined) return url;
  throw new NetError('NET_BAD_URL', 'CODEX_TOKEN_SOURCE=remote needs CODEX_REMOTE_URL, which is empty', { hint: 'set CODEX_REMOTE_URL to the URL of the token server' });
}

function withAccount(source: TokenSource, accountId: string | undefined): TokenSource {
  if (accountId === undefined) return source;
  return { get: async (request) => ({ ...(await source.get(request)), accountId }) };
}

function unsettled(source: TokenSource): ComposedTokenSource {
  return { source, settled: () => Promise.resolve() };
}
