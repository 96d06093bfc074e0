/**
 * `sx token [provider]`: one JSON line with the access token, for machines; on a terminal it is masked unless `--show`.
 *
 * `access_token`, `expires_at` (seconds) and `account_id`, the last two where they are known. `--verbose` says on standard error
 * where the token came from and which settings decided that.
 */
import { type KeyName, KEY_NAMES, keyRow, shownValue, whereOf } from '@sx/config';
import { type AccessToken, createRedactor } from '@sx/net';

import { CliError } from '../cli/cli-error.ts';
import type { ExitCode } from '../cli/exit-codes.ts';
import type { Arguments } from '../cli/parse-arguments.ts';
import { composeNetwork } from '../compose/network.ts';
import { isOAuthProviderId, OAUTH_PROVIDERS, type OAuthProviderId } from '../compose/oauth-provider.ts';
import { selectProvider } from '../compose/select-provider.ts';
import { planTokenSource } from '../compose/token-source.ts';
import type { Invocation } from '../invocation.ts';
import { loadSettings, type Settings } from '../settings.ts';
import { terminalLine } from '../terminal-text.ts';
import { VERSION } from '../version.ts';

export async function run(invocation: Invocation, args: Arguments): Promise<ExitCode> {
  const { stdout, stderr, interrupts } = invocation;
  const settings = await loadSettings(invocation, args);
  const provider = providerOf(settings, args);
  const redactor = createRedactor(settings.config.secrets());
  const plan = planTokenSource(provider, settings, args.value('source'));
  const network = composeNetwork({
    invocation,
    args,
    settings,
    redactor,
    userAgent: settings.config.text('USER_AGENT') ?? `sx/${VERSION}`,
    provider: { baseUrl: undefined, caFileKey: `${OAUTH_PROVIDERS[provider].prefix}_CA_FILE` },
    tokenUrls: plan.urls,
  });
  const { source, renew, settled } = plan.open({ ...network, redactor });
  interrupts.finishFirst(settled);
  try {
    const token = args.on('refresh') ? await renew(interrupts.signal) : await source.get({ signal: interrupts.signal });
    if (args.on('verbose')) {
      await stderr.write(`sx: ${plan.kind}: ${terminalLine(token.origin, 500)}\n`);
      for (const line of settingLines(provider, settings)) await stderr.write(line);
    }
    await stdout.write(tokenLine(token, { masked: stdout.isTerminal && !args.on('show') }));
    return 0;
  } finally {
    await settled();
    await network.close();
  }
}

/** What `sx token` prints. */
export function tokenLine(token: AccessToken, { masked }: { readonly masked: boolean }): string {
  const { accessToken, expiresAtMs, accountId } = token;
  return `${JSON.stringify({
    access_token: masked ? '********' : accessToken,
    ...(expiresAtMs === undefined ? {} : { expires_at: Math.floor(expiresAtMs / 1_000) }),
    ...(accountId === undefined ? {} : { account_id: accountId }),
  })}\n`;
}

function providerOf(settings: Settings, args: Arguments): OAuthProviderId {
  const [asked] = args.positionals;
  const id = asked !== undefined && isOAuthProviderId(asked) ? asked : selectProvider(settings, asked);
  if (isOAuthProviderId(id)) return id;
  const known = Object.keys(OAUTH_PROVIDERS).join(', ');
  throw new CliError('CLI_PROVIDER_UNAVAILABLE', `${id} has no tokens to fetch`, { hint: `sx token knows ${known}` });
}

/** The settings in effect that have a say in where the token comes from, and who set them; secrets as stars. */
function settingLines(provider: OAuthProviderId, { config }: Settings): string[] {
  const { prefix, tokenKey } = OAUTH_PROVIDERS[provider];
  const own = new RegExp(`^${prefix}_(TOKEN_SOURCE|CREDENTIALS_FILE|HOME|REMOTE_URL|OAUTH_URL|SSH_\\w+)$`);
  const matters = (name: KeyName): boolean => name === tokenKey || name === 'TOKEN_HTTP_API_KEY' || own.test(name);
  return KEY_NAMES.filter(matters).flatMap((name) => {
    const setting = config.setting(name);
    if (setting === undefined || setting.value === '') return [];
    return [`sx:   ${terminalLine(`${name}=${shownValue(keyRow(name), setting.value)} # ${whereOf(setting)}`, 500)}\n`];
  });
}
