/** Configuration keys to the trust of the dialer: extra authorities for all hosts and for one provider's, client certificate. */
import { readFileSync } from 'node:fs';

import { type Config, ConfigError, type KeyName } from '@sx/config';
import type { ClientCertificate, HostTrust, TrustOptions } from '@sx/net';

const CA_FILES: readonly KeyName[] = ['CA_FILE', 'SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS'];

/** Files are named here and read by the dialer, when the first connection needs them. */
export function trustOptions(config: Config, provider: { readonly caFileKey: KeyName; readonly hosts: readonly string[] }): TrustOptions {
  const own = trustFiles(config, [provider.caFileKey]);
  const directory = config.path('SSL_CERT_DIR');
  const certificate = clientCertificate(config);
  return {
    processWide: true,
    extraCaFiles: trustFiles(config, CA_FILES),
    ...(directory === undefined ? {} : { extraCaDirs: [{ path: directory, from: 'SSL_CERT_DIR' }] }),
    ...(certificate === undefined ? {} : { clientCertificate: certificate }),
    ...(own.length === 0 ? {} : { perHost: Object.fromEntries(provider.hosts.map((host): [string, HostTrust] => [host, { extraCaFiles: own }])) }),
  };
}

/** The usual variables often name the same file: it is read once. */
function trustFiles(config: Config, keys: readonly KeyName[]): { path: string; from: string }[] {
  const files = new Map<string, string>();
  for (const key of keys) {
    const path = config.path(key);
    if (path !== undefined && !files.has(path)) files.set(path, key);
  }
  return [...files].map(([path, from]) => ({ path, from }));
}

function clientCertificate(config: Config): ClientCertificate | undefined {
  const cert = config.path('CLIENT_CERT_FILE');
  const key = config.path('CLIENT_KEY_FILE');
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    throw new ConfigError('CONFIG_BAD_VALUE', 'CLIENT_CERT_FILE and CLIENT_KEY_FILE belong together: only one of them is set');
  }
  return { cert: readText(cert, 'CLIENT_CERT_FILE'), key: readText(key, 'CLIENT_KEY_FILE'), from: 'CLIENT_CERT_FILE' };
}

function readText(path: string, key: KeyName): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new ConfigError('CONFIG_UNREADABLE', `${key}: ${path} cannot be read (${code})`, { cause });
  }
}
