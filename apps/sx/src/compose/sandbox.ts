/** The cage for shell commands that `SANDBOX` asks for. Loaded only where it does. */
import { join } from 'node:path';

import { credentialPaths } from '@sx/agent';
import { findSandbox, type FoundSandbox } from '@sx/tools';

import { CliError } from '../cli/cli-error.ts';
import type { Settings } from '../settings.ts';

/** @throws {CliError} `CLI_NO_SANDBOX` where one is required and cannot be had. */
export async function composeSandbox(settings: Settings, credentialFiles: readonly string[]): Promise<() => Promise<FoundSandbox>> {
  const { config, home, projectRoot, workingDirectory } = settings;
  const hidden = [...credentialPaths({ home: home.userDirectory, stateDirectory: home.stateDirectory, credentialFiles, workingDirectory }), join(projectRoot, 'scorpiox-env.txt')];
  const find = (): Promise<FoundSandbox> => findSandbox({ writable: [], hidden });
  if (config.text('SANDBOX') === 'auto') return find;
  const found = await find();
  if ('sandbox' in found) return () => Promise.resolve(found);
  throw new CliError('CLI_NO_SANDBOX', `SANDBOX=bwrap, but ${found.reason}`, { hint: 'SANDBOX=auto runs commands without it where it cannot be had' });
}
