/** The findings as one JSON object, for machines. */
import type { ExitCode } from '../cli/exit-codes.ts';
import type { Check, ProviderFindings } from './check.ts';
import type { MachineFacts } from './machine.ts';

const SCHEMA_VERSION = 1;

export function jsonReport(facts: MachineFacts, checks: readonly Check[], providers: readonly ProviderFindings[], exitCode: ExitCode): string {
  return `${JSON.stringify({
    schema_version: SCHEMA_VERSION,
    ok: exitCode === 0,
    exit_code: exitCode,
    sx: facts.sx,
    node: facts.node,
    openssl: facts.openssl,
    platform: facts.platform,
    time: facts.time,
    config_files: facts.configFiles,
    settings: facts.settings,
    checks: checks.map(checkJson),
    providers: providers.map(({ id, checks: own, destinations }) => ({
      id,
      checks: own.map(checkJson),
      destinations: destinations.map(({ purposes, url, checks: way }) => ({ purposes, url, checks: way.map(checkJson) })),
    })),
  })}\n`;
}

function checkJson({ name, state, elapsedMs, detail, code, hints, chain }: Check): object {
  return {
    name,
    state,
    ...(elapsedMs === undefined ? {} : { elapsed_ms: Math.round(elapsedMs * 1_000) / 1_000 }),
    detail,
    ...(code === undefined ? {} : { code }),
    ...(hints === undefined || hints.length === 0 ? {} : { hints }),
    ...(chain === undefined
      ? {}
      : {
          chain: chain.map(({ subject, issuer, validFrom, validTo, names, fingerprint256 }) => ({
            subject, issuer, valid_from: validFrom, valid_to: validTo, names, fingerprint256,
          })),
        }),
  };
}
