/** Where the login of a provider may lie, in the order in which it is looked for. */
import { join } from 'node:path';

import { CREDENTIALS_DIRECTORY } from '@sx/config';

import type { ProviderId } from '../providers.ts';
import type { Settings } from '../settings.ts';

/** A configured file stands alone: if it is missing, that is an error, and not a reason to use another login. */
export function credentialFiles({ config, home }: Settings, provider: ProviderId): readonly string[] {
  const own = home.stateDirectory === undefined ? [] : [join(home.stateDirectory, CREDENTIALS_DIRECTORY, `${provider}.json`)];
  const user = home.userDirectory;
  switch (provider) {
    case 'codex': {
      const configured = config.path('CODEX_CREDENTIALS_FILE');
      if (configured !== undefined) return [configured];
      const vendor = config.path('CODEX_HOME') ?? (user === undefined ? undefined : join(user, '.codex'));
      return [...own, ...(vendor === undefined ? [] : [join(vendor, 'auth.json')])];
    }
    // Providers with a key: what `sx login` stored. The configuration reads it, as the lowest tier of their key.
    default:
      return own;
  }
}
