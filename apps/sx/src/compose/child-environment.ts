/** What a child process gets of our environment: no secret of ours, and nothing that looks like one. */
import { createChildEnvironment } from '@sx/agent';
import { KEY_NAMES, keyRow } from '@sx/config';

import type { Invocation } from '../invocation.ts';
import type { Settings } from '../settings.ts';

export function childEnvironment({ environment }: Invocation, { config }: Settings): Readonly<Record<string, string>> {
  return createChildEnvironment({
    environment,
    secretKeys: KEY_NAMES.filter((name) => keyRow(name).secret === true),
    secretValues: config.secrets(),
    exceptions: config.list('SHELL_ENV_ALLOW'),
  });
}
