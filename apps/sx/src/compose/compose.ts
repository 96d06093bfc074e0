/** From configuration to a session that can run a prompt. */
import type { AgentEvent } from '@sx/agent';
import type { UserPart } from '@sx/llm';

import { CliError } from '../cli/cli-error.ts';
import type { Arguments } from '../cli/parse-arguments.ts';
import type { Invocation } from '../invocation.ts';
import type { Settings } from '../settings.ts';
import { selectProvider } from './select-provider.ts';

export interface Session {
  readonly providerId: string;
  readonly permissionMode: string;
  run(prompt: readonly UserPart[], signal: AbortSignal): AsyncIterable<AgentEvent>;
  readonly redact: (text: string) => string;
  close(): Promise<void>;
}

export function compose(_invocation: Invocation, _args: Arguments, settings: Settings): Promise<Session> {
  const provider = selectProvider(settings);
  throw new CliError('CLI_PROVIDER_UNAVAILABLE', `${provider} is not wired yet`);
}
