/** Settings as `loadSettings` would give them, from a folder of one test and an environment of one test. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { loadConfig } from '@sx/config';

import type { Settings } from '../../src/settings.ts';

export interface SettingsFixture {
  readonly root: string;
  load(environment?: Readonly<Record<string, string>>, overrides?: readonly { key: string; value: string }[], bare?: boolean): Settings;
  [Symbol.dispose](): void;
}

export function settingsFixture(): SettingsFixture {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'sx-compose-')));
  const workingDirectory = join(root, 'project');
  mkdirSync(join(workingDirectory, '.git'), { recursive: true });
  mkdirSync(join(workingDirectory, '.scorpiox'));
  mkdirSync(join(root, 'home/.scorpiox'), { recursive: true });
  return {
    root,
    load: (environment = {}, overrides = [], bare = false) => ({ ...loadConfig({ environment, workingDirectory, homedir: () => join(root, 'home'), overrides, withoutProject: bare }), workingDirectory, bare }),
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}
