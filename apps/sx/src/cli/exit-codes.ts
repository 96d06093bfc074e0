/**
 * How the program ends, as one table; `sx --help` prints it and a test goes through it line by line. Numbers equal to those of
 * Gemini CLI where the meaning is; 128 + signal as in a shell.
 *
 * An error's exit code follows from its `code` alone. The classes are told apart by the prefix, so that reporting an
 * error loads neither network nor providers.
 */
import type { AgentErrorCode, RunOutcome } from '@sx/agent';
import type { ConfigErrorCode } from '@sx/config';
import type { ProviderErrorCode } from '@sx/llm';
import type { NetErrorCode } from '@sx/net';

import type { CliErrorCode } from './cli-error.ts';

export const EXIT_CODES = [
  [0, 'done'],
  [1, 'any other error'],
  [41, 'authentication: no usable credential, or the provider refused it'],
  [42, 'input: arguments, prompt, files'],
  [44, 'refused for safety: egress policy, sandbox, bypass in an install script'],
  [52, 'configuration'],
  [53, 'turn limit reached'],
  [54, 'a tool broke down'],
  [55, 'folder not trusted'],
  [56, 'budget or token limit reached'],
  [57, 'time limit reached'],
  [58, 'structured output could not be produced'],
  [61, 'network'],
  [62, 'provider error'],
  [130, 'interrupted (Ctrl-C)'],
  [143, 'terminated'],
] as const;

export type ExitCode = (typeof EXIT_CODES)[number][0];

type ErrorCode = AgentErrorCode | CliErrorCode | ConfigErrorCode | NetErrorCode | ProviderErrorCode;

const BY_PREFIX: readonly (readonly [prefix: string, exit: ExitCode])[] = [
  ['AGENT_', 42],
  ['CLI_', 42],
  ['CONFIG_', 52],
  ['MCP_', 52],
  ['NET_TOKEN_', 41],
  ['NET_', 61],
  ['PROVIDER_', 62],
];

const EXCEPTIONS: { readonly [Code in ErrorCode]?: ExitCode } = {
  AGENT_NO_PROGRESS: 62,
  AGENT_PRICE_UNKNOWN: 52,
  AGENT_STRUCTURED_OUTPUT: 58,
  AGENT_SESSION_NOT_WRITABLE: 1,
  CLI_NO_PROVIDER: 52,
  CLI_PROVIDER_UNAVAILABLE: 52,
  CLI_EDITOR_FAILED: 1,
  CLI_OUTPUT_FILE: 1,
  CLI_BYPASS_REFUSED: 44,
  CLI_NO_SANDBOX: 44,
  NET_ABORTED: 130,
  NET_BAD_TRUST: 52,
  NET_BAD_URL: 52,
  NET_EGRESS_ADDRESS: 44,
  NET_EGRESS_DENIED: 44,
  NET_PLAIN_HTTP_REFUSED: 44,
  NET_PROXY_CONFIG: 52,
  NET_SSH_AUTH: 41,
  // What was to be read there is the credential.
  NET_SSH_COMMAND: 41,
  NET_SSH_KEY_FILE: 52,
  PROVIDER_ABORTED: 130,
  PROVIDER_AUTHENTICATION: 41,
  PROVIDER_MEDIA_REFUSED: 42,
};

export function exitCodeOfError(error: unknown): ExitCode {
  const code = errorCode(error);
  if (code === undefined) return 1;
  const exceptions: Readonly<Record<string, ExitCode | undefined>> = EXCEPTIONS;
  if (Object.hasOwn(exceptions, code)) return exceptions[code] ?? 1;
  return BY_PREFIX.find(([prefix]) => code.startsWith(prefix))?.[1] ?? 1;
}

/** The `code` of an error of ours; undefined for those of Node and of defects. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  const { code } = error;
  // The fault of the network or of the token source says more than the fact that there was one.
  if (code === 'PROVIDER_TRANSPORT' || code === 'PROVIDER_AUTHENTICATION') return errorCode(error.cause) ?? code;
  return BY_PREFIX.some(([prefix]) => code.startsWith(prefix)) ? code : undefined;
}

const BY_OUTCOME: Readonly<Record<RunOutcome, ExitCode>> = {
  success: 0,
  interrupted: 130,
  'max-turns': 53,
  'max-budget': 56,
  'max-tokens': 56,
  'max-seconds': 57,
  error: 1,
};

export function exitCodeOfRun(result: { readonly outcome: RunOutcome; readonly error?: unknown }, signal: 'SIGINT' | 'SIGTERM' | undefined): ExitCode {
  if (result.outcome === 'interrupted') return signal === 'SIGTERM' ? 143 : 130;
  return result.outcome === 'error' ? exitCodeOfError(result.error) : BY_OUTCOME[result.outcome];
}
