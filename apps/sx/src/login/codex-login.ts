/**
 * The login with ChatGPT: where it is kept, what network it may use, and what is said when it is done. The two ways to a token
 * are beside this file: `codex-browser.ts` and `codex-device.ts`.
 */
import { accessSync, constants, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

import {
  type AuthLimits,
  type CodexOAuthConfig,
  codexCredentialText,
  codexOAuthConfig,
  type OAuthContext,
  type OAuthTokens,
} from '@sx/auth';
import { ConfigError, whereOf } from '@sx/config';
import { createRedactor, NetError, readJwtClaims, type Redactor, writeCredentialFile } from '@sx/net';

import type { Arguments } from '../cli/parse-arguments.ts';
import { credentialFiles } from '../compose/credential-files.ts';
import { composeNetwork, type Network } from '../compose/network.ts';
import type { Invocation } from '../invocation.ts';
import type { Settings } from '../settings.ts';
import { terminalLine } from '../terminal-text.ts';
import { VERSION } from '../version.ts';

/** Everything that one login or logout needs. */
export interface CodexLogin {
  readonly config: CodexOAuthConfig;
  readonly context: OAuthContext;
  readonly redactor: Redactor;
  readonly network: Network;
}

export function composeCodexLogin(
  invocation: Invocation,
  args: Arguments,
  settings: Settings,
  limits: Partial<AuthLimits> = {},
): CodexLogin {
  const { config: keys } = settings;
  const issuer = keys.text('CODEX_OAUTH_URL');
  const originator = keys.text('CODEX_ORIGINATOR');
  const config = codexOAuthConfig({
    ...(issuer === undefined ? {} : { issuer }),
    ...(originator === undefined ? {} : { originator }),
  });
  const redactor = createRedactor(keys.secrets());
  const network = composeNetwork({
    invocation,
    args,
    settings,
    redactor,
    userAgent: keys.text('CODEX_USER_AGENT') ?? keys.text('USER_AGENT') ?? `sx/${VERSION}`,
    provider: { baseUrl: undefined, caFileKey: 'CODEX_CA_FILE' },
    // The second, to ask an older login for its port.
    tokenUrls: [config.tokenUrl, ...config.redirectPorts.map((port) => `http://127.0.0.1:${port}`)],
  });
  const context = { transport: network.direct, signal: invocation.interrupts.signal, redactor, limits };
  return { config, context, redactor, network };
}

/**
 * Where a login of ours goes: never into the vendor's own file, whose refresh token is another program's. Whether it can be
 * written is better said before the user has been through the browser than after.
 *
 * @throws {ConfigError} `CONFIG_NOT_WRITABLE` where there is no place; {NetError} `NET_TOKEN_NOT_WRITABLE`.
 */
export function codexLoginFile(settings: Settings): string {
  const configured = settings.config.path('CODEX_CREDENTIALS_FILE');
  const file = configured ?? (settings.home.stateDirectory === undefined ? undefined : credentialFiles(settings, 'codex')[0]);
  if (file === undefined) {
    throw new ConfigError('CONFIG_NOT_WRITABLE', 'there is no home directory to keep a login in', {
      hint: 'set SX_HOME to an absolute path',
    });
  }
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    accessSync(dirname(file), constants.W_OK);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new NetError('NET_TOKEN_NOT_WRITABLE', `${file}: a login cannot be kept there (${code})`, {
      where: file,
      got: code,
      cause,
    });
  }
  return file;
}

export async function storeCodexLogin(file: string, tokens: OAuthTokens): Promise<void> {
  await writeCredentialFile(file, (existing) => codexCredentialText(tokens, Date.now(), existing));
}

export async function reportCodexLogin(
  { stdout, stderr }: Invocation,
  settings: Settings,
  file: string,
  tokens: OAuthTokens,
): Promise<void> {
  const claims = readJwtClaims(tokens.idToken ?? '');
  const plan = claims.plan ?? readJwtClaims(tokens.accessToken).plan;
  const who = claims.email === undefined ? '' : ` as ${terminalLine(claims.email)}`;
  await stdout.write(
    `signed in${who}${plan === undefined ? '' : ` (plan ${terminalLine(plan)})`}\nstored in ${terminalLine(file, 500)}\n`,
  );
  for (const note of obstacles(settings)) await stderr.write(`sx: ${note}\n`);
}

/** What keeps the login from being used. */
function obstacles({ config }: Settings): string[] {
  const token = config.setting('CODEX_ACCESS_TOKEN');
  const provider = config.text('PROVIDER');
  const source = config.setting('CODEX_TOKEN_SOURCE');
  return [
    ...(token === undefined || token.value === '' ? [] : [`CODEX_ACCESS_TOKEN (${whereOf(token)}) wins over this login`]),
    ...(source === undefined || config.text('CODEX_TOKEN_SOURCE') === 'local'
      ? []
      : [`CODEX_TOKEN_SOURCE=${source.value} (${whereOf(source)}) does not use this login`]),
    ...(provider === 'codex' ? [] : ['PROVIDER selects another provider: sx config set PROVIDER codex --level user']),
  ];
}
