/** What holds for every connection of this machine: versions, the configuration's files, and the network keys in effect. */
import { type ConfigFile, type KeyName, keyRow, shownValue, whereOf } from '@sx/config';

import type { Settings } from '../settings.ts';
import { VERSION } from '../version.ts';

export interface MachineFacts {
  readonly sx: string;
  readonly node: string;
  readonly openssl: string;
  readonly platform: string;
  /** UTC. */
  readonly time: string;
  readonly configFiles: readonly ConfigFile[];
  /** Secrets masked. */
  readonly settings: readonly { readonly key: KeyName; readonly value: string; readonly from: string }[];
}

const SHOWN: readonly KeyName[] = [
  'PROVIDER', 'ACTIVE_PROFILE', 'PROXY_URL', 'PROXY_MODE', 'HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY', 'EGRESS_ALLOW', 'ALLOW_PLAIN_HTTP',
  'CA_FILE', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS', 'CLIENT_CERT_FILE', 'CLIENT_KEY_FILE',
  'CONNECT_TIMEOUT_MS', 'TLS_TIMEOUT_MS', 'HEAD_TIMEOUT_MS',
];

export function machineFacts({ config, files }: Settings): MachineFacts {
  return {
    sx: VERSION,
    node: process.versions.node,
    openssl: process.versions.openssl,
    platform: `${process.platform} ${process.arch}`,
    time: new Date().toISOString(),
    configFiles: files,
    settings: SHOWN.flatMap((key) => {
      const setting = config.setting(key);
      return setting === undefined || setting.tier === 'built-in' || setting.value === '' ? [] : [{ key, value: shownValue(keyRow(key), setting.value), from: whereOf(setting) }];
    }),
  };
}
