/**
 * `sx login codex [--device]`, `sx login <key provider>`: gets a credential and keeps it, 0600, where its provider looks for it.
 */
import type { OAuthTokens } from '@sx/auth';
import { ConfigError, isKeyName, type KeyRow, LOGIN_KEYS, nearest, storedKeyFile, storedKeyText, whereOf } from '@sx/config';
import { writeCredentialFile } from '@sx/net';

import { CliError } from '../cli/cli-error.ts';
import type { ExitCode } from '../cli/exit-codes.ts';
import type { Arguments } from '../cli/parse-arguments.ts';
import type { Invocation } from '../invocation.ts';
import { keyFault } from '../login/key-shape.ts';
import { readSecret } from '../login/read-secret.ts';
import { loadSettings, type Settings } from '../settings.ts';
import { terminalLine } from '../terminal-text.ts';

export const LOGIN_PROVIDERS: readonly string[] = ['codex', ...LOGIN_KEYS.keys()];
const SECONDS_MAX = 86_400;

export async function run(invocation: Invocation, args: Arguments): Promise<ExitCode> {
  const settings = await loadSettings(invocation, args);
  const provider = loginProvider(settings, args.positionals[0], 'sx login');
  const key = LOGIN_KEYS.get(provider);
  for (const flag of ['device', 'no-browser', 'timeout'] as const) {
    if (key !== undefined && args.on(flag)) {
      throw new CliError('CLI_MISPLACED_FLAG', `--${flag} means nothing for sx login ${provider}: it takes a key`);
    }
  }
  if (key !== undefined) return loginWithKey(invocation, settings, provider, key);
  if (provider === 'codex') return loginToCodex(invocation, args, settings);
  const file = settings.config.path('CLAUDE_CODE_CREDENTIALS_FILE') ?? '~/.claude/.credentials.json';
  throw new CliError('CLI_NO_LOGIN', 'sx has no login of its own for claude_code: its vendor reserves that to its own programs', {
    hint: [
      `sign in with the vendor's own program; its file (${file}) is then used with PROVIDER=claude_code`,
      'CLAUDE_CODE_CREDENTIALS_FILE names another file, CLAUDE_CODE_TOKEN_SOURCE another place',
      'with an API key there is no such restriction: sx login anthropic',
    ].join('\n'),
  });
}

/** The provider that is meant: the one named, else `PROVIDER` where it was set. `scorpiox` is `router`. */
export function loginProvider({ config }: Settings, asked: string | undefined, command: string): string {
  const known = [...LOGIN_PROVIDERS, 'claude_code'];
  const configured = config.setting('PROVIDER')?.tier === 'built-in' ? undefined : config.text('PROVIDER');
  const provider = asked === 'scorpiox' ? 'router' : (asked ?? configured);
  if (provider === undefined) {
    throw new CliError('CLI_MISSING_ARGUMENT', `${command} needs a provider`, { hint: `one of ${known.join(', ')}` });
  }
  if (known.includes(provider)) return provider;
  const near = nearest(provider, known);
  throw new CliError('CLI_BAD_VALUE', `${command}: no provider ${JSON.stringify(provider.slice(0, 80))}`, {
    hint: near === undefined ? `one of ${known.join(', ')}` : `did you mean ${near}?`,
  });
}

async function loginToCodex(invocation: Invocation, args: Arguments, settings: Settings): Promise<ExitCode> {
  const { codexLoginFile, composeCodexLogin, reportCodexLogin, storeCodexLogin } = await import('../login/codex-login.ts');
  const file = codexLoginFile(settings);
  const seconds = timeoutOf(args);
  const limits = seconds === undefined ? {} : { loginTimeoutMs: seconds * 1_000, deviceTimeoutMs: seconds * 1_000 };
  const login = composeCodexLogin(invocation, args, settings, limits);
  const store = (tokens: OAuthTokens): Promise<void> => storeCodexLogin(file, tokens);
  try {
    let tokens: OAuthTokens;
    if (args.on('device')) {
      const { loginWithDevice } = await import('../login/codex-device.ts');
      tokens = await loginWithDevice(invocation, login);
      await store(tokens);
    } else {
      const { loginWithBrowser } = await import('../login/codex-browser.ts');
      tokens = await loginWithBrowser(invocation, settings, login, { opens: !args.on('no-browser'), store });
    }
    await reportCodexLogin(invocation, settings, file, tokens);
    return 0;
  } finally {
    await login.network.close();
  }
}

function timeoutOf(args: Arguments): number | undefined {
  const text = args.value('timeout');
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (/^\d{1,5}$/.test(text) && seconds >= 1 && seconds <= SECONDS_MAX) return seconds;
  throw new CliError('CLI_BAD_VALUE', `--timeout: expected a whole number of seconds from 1 to ${SECONDS_MAX}`);
}

async function loginWithKey(invocation: Invocation, settings: Settings, provider: string, row: KeyRow): Promise<ExitCode> {
  const { stateDirectory } = settings.home;
  if (stateDirectory === undefined) {
    throw new ConfigError('CONFIG_NOT_WRITABLE', 'there is no home directory to keep a key in', {
      hint: 'set SX_HOME to an absolute path',
    });
  }
  const key = await readSecret(invocation, `API key for ${provider} (not shown): `);
  const fault = keyFault(provider, key);
  if (fault !== undefined) throw new CliError('CLI_BAD_VALUE', `that is no API key for ${provider}: ${fault}`);
  const file = storedKeyFile(stateDirectory, provider);
  await writeCredentialFile(file, () => storedKeyText(key));
  await invocation.stdout.write(`stored in ${terminalLine(file, 500)}\n`);
  const setting = isKeyName(row.name) ? settings.config.setting(row.name) : undefined;
  if (setting !== undefined && setting.tier !== 'credentials') {
    await invocation.stderr.write(`sx: ${row.name} (${whereOf(setting)}) wins over it\n`);
  }
  if (settings.config.text('PROVIDER') !== provider) {
    await invocation.stderr.write(`sx: PROVIDER selects another provider: sx config set PROVIDER ${provider} --level user\n`);
  }
  return 0;
}
