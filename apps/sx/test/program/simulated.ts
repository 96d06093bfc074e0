/** A sandbox whose Codex and Claude Code are the simulator: its URLs, its CA, logins that it issued. */
import { after } from 'node:test';

import { createSimulator, type Simulator, type SimulatorOptions } from '@sx/simulator';

import { createSandbox, type Finished, type RunOptions, type Sandbox } from './run-sx.ts';

export interface Simulated extends Sandbox {
  readonly simulator: Simulator;
  /** `sx -p` with the arguments, against a scenario. */
  ask(args: readonly string[], options?: RunOptions & { readonly scenario?: string }): Promise<Finished>;
}

/** One for all tests of a file: making a CA and its keys takes longer than a run. Each test has its own login. */
let shared: Promise<Simulator> | undefined;
const simulators: Promise<Simulator>[] = [];
after(async () => {
  for (const simulator of simulators) await (await simulator).close();
});

/** @param options - A simulator of its own, for the test that needs another kind. */
export async function simulate(options?: SimulatorOptions): Promise<Simulated> {
  const making = (options === undefined ? shared : undefined) ?? createSimulator(options);
  if (options === undefined) shared = making;
  if (!simulators.includes(making)) simulators.push(making);
  const simulator = await making;
  const sandbox = createSandbox();
  sandbox.put('home/.codex/auth.json', JSON.stringify(simulator.credentials().codexAuthFile));
  sandbox.put('home/.claude/.credentials.json', JSON.stringify(simulator.credentials().claudeCredentialsFile));
  const environment = (scenario: string | undefined): Record<string, string> => {
    const urls = scenario === undefined ? simulator.urls : simulator.urlsFor(scenario);
    return {
      PROVIDER: 'codex',
      CODEX_API_URL: urls.codex,
      CODEX_OAUTH_URL: urls.oauth,
      CODEX_REMOTE_URL: urls.token,
      CLAUDE_CODE_API_URL: urls.anthropic,
      CLAUDE_CODE_OAUTH_URL: urls.oauth,
      CLAUDE_CODE_REMOTE_URL: urls.token.replace(/codex$/, 'claude-code'),
      ...(simulator.caFile === undefined ? {} : { CA_FILE: simulator.caFile }),
    };
  };
  return {
    ...sandbox,
    simulator,
    sx: (args, run = {}) => sandbox.sx(args, { ...run, env: { ...environment(undefined), ...run.env } }),
    ask: (args, { scenario, ...run } = {}) => sandbox.sx(['-p', ...args], { ...run, env: { ...environment(scenario), ...run.env } }),
  };
}
