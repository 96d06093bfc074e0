/** What the doctor looks at and what it found: one check a step, one list of them a destination. Data; text and JSON are made from it. */
import { isNetError, type SeenCertificate } from '@sx/net';

import { errorCode, type ExitCode, exitCodeOfError } from '../cli/exit-codes.ts';
import { hintOf, messageOf } from '../report-error.ts';

export interface Check {
  /** `configuration`, `mcp`, `ca`, `credential`, the steps of a connection (`policy`, `proxy`, `dns`, `tcp`, `proxy-tls`, `tunnel`, `tls`), `http`, `clock`. */
  readonly name: string;
  /** `note`: worth knowing, and no reason to fail. */
  readonly state: 'ok' | 'note' | 'failed';
  readonly elapsedMs?: number;
  /** What was seen, on one line. */
  readonly detail: string;
  readonly code?: string;
  /** What would fix it, a line each: keys, mostly. */
  readonly hints?: readonly string[];
  /** What a TLS server showed, leaf first. */
  readonly chain?: readonly SeenCertificate[];
  /** Where `failed`. */
  readonly exitCode?: ExitCode;
}

export interface Destination {
  /** `provider`, `token source`, `PROXY_URL`, `MCP server NAME`. */
  readonly purposes: readonly string[];
  readonly url: string;
  readonly checks: readonly Check[];
}

export interface ProviderFindings {
  readonly id: string;
  readonly checks: readonly Check[];
  readonly destinations: readonly Destination[];
}

export function failedCheck(name: string, error: unknown, more: { readonly elapsedMs?: number; readonly hints?: readonly string[]; readonly chain?: readonly SeenCertificate[] } = {}): Check {
  const hint = hintOf(error);
  const code = errorCode(error);
  const hints = [...(hint === undefined ? [] : hint.split('\n')), ...(more.hints ?? [])];
  return {
    ...more,
    name,
    state: 'failed',
    detail: messageOf(error),
    ...(code === undefined ? {} : { code }),
    hints,
    exitCode: exitCodeOf(error),
  };
}

/** Whatever a server or a proxy did to us is the network's fault here: the doctor sends no request that a provider could refuse. */
function exitCodeOf(error: unknown): ExitCode {
  if (isNetError(error) && error.code.startsWith('NET_TOKEN_')) return 41;
  const code = exitCodeOfError(error);
  return code === 62 ? 61 : code;
}

/** A fault of an earlier kind explains those of the later ones. */
const PRECEDENCE: readonly ExitCode[] = [130, 143, 52, 44, 61, 41];

export function exitCodeOfChecks(checks: readonly Check[]): ExitCode {
  const found = new Set(checks.flatMap(({ state, exitCode }) => (state === 'failed' ? [exitCode ?? 1] : [])));
  return PRECEDENCE.find((code) => found.has(code)) ?? (found.size === 0 ? 0 : 1);
}
