import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CONFIG_ERROR_CODES, ConfigError } from '@sx/config';
import { PROVIDER_ERROR_CODES, ProviderError } from '@sx/llm';
import { NET_ERROR_CODES, NetError } from '@sx/net';

import { CLI_ERROR_CODES, CliError } from '../../src/cli/cli-error.ts';
import { EXIT_CODES, exitCodeOfError, exitCodeOfRun } from '../../src/cli/exit-codes.ts';

const known = new Set<number>(EXIT_CODES.map(([code]) => code));

test('the table has the codes of the documentation, in order', () => {
  assert.deepEqual([...known], [0, 1, 41, 42, 44, 52, 53, 54, 55, 56, 57, 58, 61, 62, 130, 143]);
});

const CASES: readonly (readonly [error: unknown, exit: number])[] = [
  [new Error('a defect'), 1],
  ['a string', 1],
  [Object.assign(new Error('of Node'), { code: 'ENOENT' }), 1],
  [new CliError('CLI_OUTPUT_FILE', ''), 1],
  [new CliError('CLI_EDITOR_FAILED', ''), 1],
  [new NetError('NET_TOKEN_MISSING', ''), 41],
  [new NetError('NET_TOKEN_PERMISSIONS', ''), 41],
  [new ProviderError('PROVIDER_AUTHENTICATION', ''), 41],
  [new CliError('CLI_EMPTY_PROMPT', ''), 42],
  [new CliError('CLI_UNKNOWN_FLAG', ''), 42],
  [new CliError('CLI_NOT_UTF8', ''), 42],
  [new NetError('NET_EGRESS_DENIED', ''), 44],
  [new NetError('NET_EGRESS_ADDRESS', ''), 44],
  [new NetError('NET_PLAIN_HTTP_REFUSED', ''), 44],
  [new ConfigError('CONFIG_BAD_VALUE', ''), 52],
  [new CliError('CLI_NO_PROVIDER', ''), 52],
  [new NetError('NET_PROXY_CONFIG', ''), 52],
  [new NetError('NET_BAD_TRUST', ''), 52],
  [new NetError('NET_TRUNCATED_BODY', ''), 61],
  [new NetError('NET_HEAD_TIMEOUT', ''), 61],
  [new ProviderError('PROVIDER_TRANSPORT', '', { cause: new NetError('NET_RESET', '') }), 61],
  [new ProviderError('PROVIDER_TRANSPORT', '', { cause: new NetError('NET_EGRESS_DENIED', '') }), 44],
  [new ProviderError('PROVIDER_TRANSPORT', '', { cause: new NetError('NET_ABORTED', '') }), 130],
  [new ProviderError('PROVIDER_AUTHENTICATION', '', { cause: new NetError('NET_TOKEN_EXPIRED', '') }), 41],
  [new ProviderError('PROVIDER_TRANSPORT', ''), 62],
  [new ProviderError('PROVIDER_TRUNCATED_STREAM', ''), 62],
  [new ProviderError('PROVIDER_USAGE_LIMIT', ''), 62],
  [new ProviderError('PROVIDER_ABORTED', ''), 130],
];
for (const [error, exit] of CASES) {
  test(`${error instanceof Error && 'code' in error ? String(error.code) : String(error)} ends with ${exit}`, () => assert.equal(exitCodeOfError(error), exit));
}

test('every code of every class has an exit code of the table, and none is success', () => {
  const errors = [
    ...CLI_ERROR_CODES.map((code) => new CliError(code, '')),
    ...CONFIG_ERROR_CODES.map((code) => new ConfigError(code, '')),
    ...NET_ERROR_CODES.map((code) => new NetError(code, '')),
    ...PROVIDER_ERROR_CODES.map((code) => new ProviderError(code, '')),
  ];
  for (const error of errors) {
    const exit = exitCodeOfError(error);
    assert.ok(known.has(exit) && exit !== 0, error.code);
    if (error.code !== 'CLI_OUTPUT_FILE' && error.code !== 'CLI_EDITOR_FAILED') assert.notEqual(exit, 1, error.code);
  }
});

const OUTCOMES = [
  ['success', undefined, 0],
  ['interrupted', 'SIGINT', 130],
  ['interrupted', undefined, 130],
  ['interrupted', 'SIGTERM', 143],
  ['max-turns', undefined, 53],
  ['max-budget', undefined, 56],
  ['max-tokens', undefined, 56],
  ['max-seconds', undefined, 57],
] as const;
for (const [outcome, signal, exit] of OUTCOMES) {
  test(`a run that ended with ${outcome}${signal === undefined ? '' : ` by ${signal}`} exits with ${exit}`, () => assert.equal(exitCodeOfRun({ outcome }, signal), exit));
}

test('a run that ended with an error exits with the code of the error', () => {
  assert.equal(exitCodeOfRun({ outcome: 'error', error: new NetError('NET_DNS', '') }, undefined), 61);
});
