/** Where the login of a provider may lie, in the order in which it is looked for. */
import { join } from 'node:path';

import { CREDENTIALS_DIRECTORY } from '@sx/config';

import { PROVIDERS } from '../providers.ts';
import type { Settings } from '../settings.ts';
import { isOAuthProviderId, OAUTH_PROVIDERS } from './oauth-provider.ts';

/**
 * A configured file stands alone: if it is missing, that is an error, and not a reason to use another login.
 *
 * @param provider - An id of the table of providers.
 */
export function credentialFiles({ config, home }: Settings, provider: string): readonly string[] {
  const own = home.stateDirectory === undefined ? [] : [join(home.stateDirectory, CREDENTIALS_DIRECTORY, `${provider}.json`)];
  // Providers with a key: what `sx login` stored. The configuration reads it, as the lowest tier of their key.
  if (!isOAuthProviderId(provider)) return own;
  const { prefix, vendorDirectory, vendorFile, vendorDirectoryKey } = OAUTH_PROVIDERS[provider];
  const configured = config.path(`${prefix}_CREDENTIALS_FILE`);
  if (configured !== undefined) return [configured];
  const beside = home.userDirectory === undefined ? undefined : join(home.userDirectory, vendorDirectory);
  const vendor = (vendorDirectoryKey === undefined ? undefined : config.path(vendorDirectoryKey)) ?? beside;
  return [...own, ...(vendor === undefined ? [] : [join(vendor, vendorFile)])];
}

/** Of every provider: no tool reads any of them, whoever answers. */
export function everyCredentialFile(settings: Settings): readonly string[] {
  return [...new Set(Object.keys(PROVIDERS).flatMap((id) => credentialFiles(settings, id)))];
}
