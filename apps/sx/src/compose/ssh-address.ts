/** The host that keeps a credentials file, from `*_SSH_HOST`, `_PORT`, `_USER` and `_PATH`. Pure. */
import { ConfigError, type KeyName } from '@sx/config';

import type { Settings } from '../settings.ts';
import { OAUTH_PROVIDERS, type OAuthProviderId } from './oauth-provider.ts';

export interface SshAddress {
  /** In the one form in which hosts are compared; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Of the file, there; `~/` is that user's home directory. */
  readonly path: string;
  /** For the egress policy. */
  readonly url: string;
}

/** @throws {ConfigError} `CONFIG_BAD_VALUE` where host or user is missing, or the host is none. */
export function sshAddress(provider: OAuthProviderId, { config }: Settings): SshAddress {
  const { prefix, vendorDirectory, vendorFile } = OAUTH_PROVIDERS[provider];
  const required = (key: KeyName, what: string): string => {
    const value = config.text(key);
    if (value !== undefined) return value;
    const hint = `set ${key} to ${what}`;
    throw new ConfigError('CONFIG_BAD_VALUE', `a token over ssh needs ${key}, which is not set`, { hint });
  };
  const hostname = hostnameOf(required(`${prefix}_SSH_HOST`, 'the host that keeps the credentials file'), `${prefix}_SSH`);
  const port = config.integer(`${prefix}_SSH_PORT`) ?? 22;
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port,
    user: required(`${prefix}_SSH_USER`, 'the user there'),
    path: config.text(`${prefix}_SSH_PATH`) ?? `~/${vendorDirectory}/${vendorFile}`,
    url: `ssh://${hostname}:${port}`,
  };
}

/** As the URL parser writes it: lower case, IPv6 in brackets. */
function hostnameOf(text: string, prefix: string): string {
  const bracketed = text.includes(':') && !text.startsWith('[') && !text.includes('@') ? `[${text}]` : text;
  const url = URL.canParse(`ftp://${bracketed}`) ? new URL(`ftp://${bracketed}`) : undefined;
  if (url !== undefined && url.hostname !== '' && url.port === '' && url.href === `ftp://${url.hostname}/`) return url.hostname;
  const got = JSON.stringify(text.slice(0, 80));
  throw new ConfigError('CONFIG_BAD_VALUE', `${prefix}_HOST: expected a host name or an address, got ${got}`, {
    hint: `the user goes into ${prefix}_USER, the port into ${prefix}_PORT`,
  });
}
