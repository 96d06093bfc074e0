/**
 * The `ssh` token source of the configuration: what this machine gives to it (key file, agent, known hosts) and what the user
 * set.
 *
 * Of the files that OpenSSH's client reads these three count, and no other: not `ssh_config`, so that the keys of one table say
 * all. A key file that others may read is refused, as OpenSSH does. Loaded when a token is wanted over ssh.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { ConfigError } from '@sx/config';
import { NetError, openLocalSocket, readCredentialFile, type TokenSource } from '@sx/net';
import { createSshTokenSource, defaultSshLimits, type SshTokenSourceOptions } from '@sx/ssh';

import type { Settings } from '../settings.ts';
import { VERSION } from '../version.ts';
import { OAUTH_PROVIDERS, type OAuthProviderId } from './oauth-provider.ts';
import type { SshAddress } from './ssh-address.ts';
import type { TokenParts } from './token-source.ts';

/** @throws {ConfigError}, {NetError} `NET_SSH_KEY_FILE`, `NET_TOKEN_PERMISSIONS`, for the files of this machine. */
export async function sshTokenSource(
  provider: OAuthProviderId,
  settings: Settings,
  address: SshAddress,
  { dialer, redactor }: TokenParts,
): Promise<TokenSource> {
  const { config } = settings;
  const { prefix } = OAUTH_PROVIDERS[provider];
  const privateKey = await privateKeyOf(config.path(`${prefix}_SSH_KEY_FILE`), `${prefix}_SSH_KEY_FILE`);
  const agent = config.text('SSH_AUTH_SOCK');
  return createSshTokenSource({
    dialer,
    redactor,
    host: address.host,
    port: address.port,
    user: address.user,
    path: address.path,
    password: config.text(`${prefix}_SSH_PASS`),
    privateKey,
    ...(privateKey !== undefined || agent === undefined ? {} : { openAgent: () => openLocalSocket(agent) }),
    knownHosts: knownHosts(settings),
    hostKeyFingerprint: config.text(`${prefix}_SSH_FINGERPRINT`),
    softwareVersion: `sx_${VERSION}`,
    hints: { fingerprint: `${prefix}_SSH_FINGERPRINT` },
  });
}

async function privateKeyOf(path: string | undefined, key: string): Promise<SshTokenSourceOptions['privateKey']> {
  if (path === undefined) return undefined;
  const file = await readCredentialFile(path, { bytesMax: defaultSshLimits.keyFileBytesMax });
  if (file === undefined) throw new NetError('NET_SSH_KEY_FILE', `${key}: there is no ${path}`, { where: path });
  return { text: file.text, path };
}

/** The user's first. A file that is there and cannot be read might revoke a key, so it is no file to do without. */
function knownHosts({ home }: Settings): string[] {
  const own = home.userDirectory === undefined ? [] : [join(home.userDirectory, '.ssh/known_hosts')];
  const limit = defaultSshLimits.knownHostsBytesMax;
  return [...own, '/etc/ssh/ssh_known_hosts'].flatMap((file) => {
    try {
      const stat = statSync(file, { throwIfNoEntry: false });
      if (stat === undefined || !stat.isFile()) return [];
      if (stat.size > limit) throw new ConfigError('CONFIG_TOO_LARGE', `${file}: ${stat.size} bytes, limit ${limit}`);
      return [readFileSync(file, 'utf8')];
    } catch (cause) {
      if (cause instanceof ConfigError) throw cause;
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
      throw new ConfigError('CONFIG_UNREADABLE', `${file} cannot be read (${code}), so no host key can be checked`, { cause });
    }
  });
}
