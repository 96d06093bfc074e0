/** A sandbox whose Codex has a name that no name server knows, a certificate of a CA of its own, and a proxy before it. */
import { after } from 'node:test';

import { createSimulator, type Simulator } from '@sx/simulator';

import { type ConnectProxy, startConnectProxy } from './connect-proxy.ts';
import { createSandbox, type Finished, type Sandbox } from './run-sx.ts';

export const HOST = 'codex.test';

export interface Office extends AsyncDisposable {
  readonly simulator: Simulator;
  readonly sandbox: Sandbox;
  readonly proxy: ConnectProxy;
  readonly env: Readonly<Record<string, string>>;
  /** `sx` with all of it configured, and `env` on top; an empty value takes a key away. */
  sx(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Finished>;
}

/** One for all tests of a file: making a CA and its keys takes longer than a run. */
let shared: Promise<Simulator> | undefined;
after(async () => (await shared)?.close());

/** @param credentials - `user:password` that the proxy demands. Default: none. */
export async function createOffice(credentials?: string): Promise<Office> {
  shared ??= createSimulator({ names: [HOST] });
  const simulator = await shared;
  const port = Number(new URL(simulator.url).port);
  const proxy = await startConnectProxy(() => port, credentials);
  const sandbox = createSandbox();
  sandbox.put('home/.codex/auth.json', JSON.stringify(simulator.credentials().codexAuthFile));
  const env = {
    PROVIDER: 'codex',
    CODEX_API_URL: `https://${HOST}/backend-api/codex`,
    CODEX_OAUTH_URL: `https://${HOST}`,
    HTTPS_PROXY: proxy.url,
    AGENT_RETRY_MAX: '0',
    ...(simulator.caFile === undefined ? {} : { CA_FILE: simulator.caFile }),
  };
  return {
    simulator,
    sandbox,
    proxy,
    env,
    sx: (args, more = {}) => sandbox.sx(args, { env: { ...env, ...more } }),
    async [Symbol.asyncDispose]() {
      sandbox[Symbol.dispose]();
      await proxy[Symbol.asyncDispose]();
    },
  };
}
