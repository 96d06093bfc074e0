/** `sx login codex` against a simulated issuer. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';

import { createSimulator, type Simulator } from '@sx/simulator';

import type { Finished, RunningSx, RunOptions, Sandbox } from './run-sx.ts';

/** Where the login is kept, below the home directory. */
export const LOGIN_FILE = '.scorpiox/credentials/codex.json';

export interface Login extends RunOptions {
  readonly scenario?: string;
  readonly args?: readonly string[];
  /** Called once, with the first address that stands on a line of its own. */
  readonly onAddress?: (url: string, sx: RunningSx) => void;
}

/** One for all tests of a file: making a CA takes longer than a login. */
export const issuer: Simulator = await createSimulator({ deviceIntervalSeconds: 0.02 });
after(() => issuer.close());

export function issuerEnvironment(scenario?: string): Record<string, string> {
  const urls = scenario === undefined ? issuer.urls : issuer.urlsFor(scenario);
  return { CODEX_OAUTH_URL: urls.oauth, CODEX_API_URL: urls.codex, PROVIDER: 'codex', ...(issuer.caFile === undefined ? {} : { CA_FILE: issuer.caFile }) };
}

/** `sx login codex`, with what is done once it shows an address. */
export async function login(sandbox: Sandbox, { scenario, args = [], onAddress, ...run }: Login): Promise<Finished> {
  return sandbox.sx(['login', 'codex', ...args], {
    ...run,
    env: { ...issuerEnvironment(scenario), ...run.env },
    onStart: (sx) => {
      let output = '';
      let told = false;
      sx.onOutput((_stream, text) => {
        output += text;
        const url = /^(https?:\S+)\n/m.exec(output)?.[1];
        if (url === undefined || told) return;
        told = true;
        onAddress?.(url, sx);
      });
    },
  });
}

export function storedLogin(sandbox: Sandbox, file = LOGIN_FILE): { readonly tokens: Readonly<Record<string, string>>; readonly mode: number } {
  const path = join(sandbox.home, file);
  return { tokens: JSON.parse(readFileSync(path, 'utf8')).tokens, mode: statSync(path).mode & 0o777 };
}
