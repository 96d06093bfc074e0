/** Codex: ChatGPT's backend, with a login. */
import { CliError } from '../cli/cli-error.ts';
import type { ProviderAdapter } from './provider-adapter.ts';

export const adapter: ProviderAdapter = {
  plan() {
    throw new CliError('CLI_PROVIDER_UNAVAILABLE', 'codex is not wired yet');
  },
};
