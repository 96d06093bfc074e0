/** `sx logout [provider]`: revokes what can be revoked, deletes what is ours, and says what it did. */
import { existsSync } from 'node:fs';

import { revokeCodexToken } from '@sx/auth';
import { isKeyName, LOGIN_KEYS, storedKeyFile, whereOf } from '@sx/config';
import { type Credential, deleteCredentialFile, readCredential } from '@sx/net';

import type { ExitCode } from '../cli/exit-codes.ts';
import type { Arguments } from '../cli/parse-arguments.ts';
import { credentialFiles } from '../compose/credential-files.ts';
import type { Invocation } from '../invocation.ts';
import { composeCodexLogin } from '../login/codex-login.ts';
import { loadSettings, type Settings } from '../settings.ts';
import { terminalLine } from '../terminal-text.ts';
import { loginProvider } from './login.ts';

export async function run(invocation: Invocation, args: Arguments): Promise<ExitCode> {
  const settings = await loadSettings(invocation, args);
  const provider = loginProvider(settings, args.positionals[0], 'sx logout');
  const lines = provider === 'codex' ? await logoutOfCodex(invocation, args, settings) : await deleteStored(settings, provider);
  await invocation.stdout.write(lines.map((line) => `${terminalLine(line, 500)}\n`).join(''));
  return 0;
}

/** The file comes first: whatever the network does, this machine is signed out. */
async function logoutOfCodex(invocation: Invocation, args: Arguments, settings: Settings): Promise<string[]> {
  const { config, home } = settings;
  const [first, vendor] = credentialFiles(settings, 'codex');
  const isOurs = config.text('CODEX_CREDENTIALS_FILE') !== undefined || home.stateDirectory !== undefined;
  const deleted = first !== undefined && isOurs ? await deleteCredentialFile(first) : undefined;
  const rest = stillThere(settings, vendor);
  if (deleted === undefined) return ['nobody is signed in to codex', ...rest];
  const credential = readTokens(deleted.text, first ?? '');
  if (credential === undefined) return [`deleted ${first}; no token was in it to revoke`, ...rest];
  const login = composeCodexLogin(invocation, args, settings);
  try {
    const revoked = await revokeCodexToken(login.config, credential, login.context);
    return [
      `deleted ${first}`,
      revoked
        ? 'the issuer revoked the login'
        : 'the issuer did not confirm that it revoked the login: its tokens may live on until they expire',
      ...rest,
    ];
  } finally {
    await login.network.close();
  }
}

function readTokens(text: string | undefined, where: string): Credential | undefined {
  try {
    return text === undefined ? undefined : readCredential(text, where, Date.now());
  } catch {
    return undefined;
  }
}

/** Logins that are not ours to end. */
function stillThere({ config }: Settings, vendor: string | undefined): string[] {
  const token = config.setting('CODEX_ACCESS_TOKEN');
  return [
    ...(vendor !== undefined && existsSync(vendor)
      ? [`${vendor} is the login of the vendor's own program, and is used from now on; codex logout ends it`]
      : []),
    ...(token === undefined || token.value === '' ? [] : [`CODEX_ACCESS_TOKEN is still set (${whereOf(token)})`]),
  ];
}

async function deleteStored(settings: Settings, provider: string): Promise<string[]> {
  const own = ownFile(settings, provider);
  const deleted = own !== undefined && (await deleteCredentialFile(own)) !== undefined;
  const done = deleted ? `deleted ${own}` : `nothing is stored for ${provider}`;
  const row = LOGIN_KEYS.get(provider);
  if (row === undefined) return [done, "a login of the vendor's own program is ended there"];
  const setting = isKeyName(row.name) ? settings.config.setting(row.name) : undefined;
  return [
    done,
    ...(deleted ? ['the key itself stays valid: its vendor can revoke it'] : []),
    ...(setting === undefined || setting.value === '' || setting.tier === 'credentials'
      ? []
      : [`${row.name} is still set (${whereOf(setting)})`]),
  ];
}

/** Never the vendor's. */
function ownFile({ home }: Settings, provider: string): string | undefined {
  return home.stateDirectory === undefined ? undefined : storedKeyFile(home.stateDirectory, provider);
}
